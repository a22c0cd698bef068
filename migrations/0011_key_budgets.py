"""The budget of an API key: the points that it may use per minute, if not the server's default."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0010_list_indexes")]

    operations = [
        ops.AddField(model_name="ApiKey", name="points_per_minute", field=fields.IntField(null=True)),
    ]
