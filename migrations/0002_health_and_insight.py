"""What the stored health is made of, and what was known of a deal when it was closed."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0001_initial")]

    operations = [
        ops.AddField(model_name="Opportunity", name="health_factors", field=fields.JSONField(null=True)),
        ops.AddField(model_name="Opportunity", name="closed_insight", field=fields.JSONField(null=True)),
    ]
