"""Order the index of owners by number, which is the order of a list that names none."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0013_totals_indexes")]

    # Numbers rise with time, and so do the deals of an owner: a list of a new owner would walk past all older deals.
    # Other orders of an owner's deals walk an index of all, or sort the deals of an owner who has few.
    operations = [
        ops.RunSQL(
            [
                "DROP INDEX opportunity_listed_4",
                "CREATE INDEX opportunity_owner_number ON opportunity (organization_id, owner_id, number, id)",
            ]
        )
    ]
