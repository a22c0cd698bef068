"""Extend two indexes by the columns that totals read, so that totals do not read the rows."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# Totals need the converted value, and whether there is a value that is not converted. The new indexes serve the
# same orders as those that they replace.
COLUMNS = "organization_id, base_minor, id, value_minor"


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0012_text_search")]

    operations = [
        ops.RunSQL(
            [
                "DROP INDEX opportunity_listed_6",
                f"CREATE INDEX opportunity_all_base_minor ON opportunity ({COLUMNS}) WHERE deleted_at IS NULL",
                "DROP INDEX opportunity_open_base_minor",
                f"CREATE INDEX opportunity_open_base_minor ON opportunity ({COLUMNS}) "
                "WHERE closed_from IS NULL AND deleted_at IS NULL",
            ]
        )
    ]
