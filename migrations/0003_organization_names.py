"""Names of organizations may repeat: a rename that is refused would tell of others."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0002_health_and_insight")]

    operations = [ops.RunSQL("DROP INDEX organization_unique_1")]
