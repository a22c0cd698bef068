"""Rename two tables: `standing` becomes `snapshot`, and `chore` becomes `job_lease`."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

STATES = ("LEAD", "QUALIFIED", "PROGRESSING", "WON", "LOST", "DISQUALIFIED")
CATEGORIES = ("OMITTED", "PIPELINE", "BEST_CASE", "MOST_LIKELY", "COMMIT", "CLOSED")
REASONS = (
    "WRONG_DATE", "BUYER_PROCESS", "BUDGET", "STAKEHOLDER_CHANGE", "COMPETITION", "LEGAL_PROCUREMENT", "SELLER_CAPACITY", "OTHER",
)  # fmt: skip
SNAPSHOT_COLUMNS = (
    "pos, organization_id, opportunity_id, since, until, state, owner_id, value_minor, value_currency, base_minor,"
    " expected_close_date, probability, forecast_category, closed_on, slip_reason"
)
# Positions are copied, which does not advance the new sequence. SQLite continues after the highest position by itself.
ADVANCE_SEQUENCE = """-- only: postgres
SELECT setval(pg_get_serial_sequence('snapshot', 'pos'), COALESCE(MAX(pos), 1), MAX(pos) IS NOT NULL) FROM snapshot"""


def _key(table: str, name: str) -> tuple[str, object]:
    return name, fields.ForeignKeyField(
        f"pursuit.{table}",
        source_field=f"{name}_id",
        db_index=True,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


def _one_of(name: str, words: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(name=f"snapshot_{name}_known", check=f"{name} IN ({listed})")


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0008_standings")]

    # The rows move to new tables, because SQLite cannot rename a constraint or an index.
    # The table `idempotency` keeps its name, so migrations keep calling its model Idempotency.
    operations = [
        ops.CreateModel(
            name="Snapshot",
            fields=[
                ("pos", fields.BigIntField(primary_key=True, generated=True)),
                _key("Organization", "organization"),
                _key("Opportunity", "opportunity"),
                ("since", fields.DatetimeField()),
                ("until", fields.DatetimeField(null=True)),
                ("state", fields.CharField(max_length=32)),
                _key("Member", "owner"),
                ("value_minor", fields.BigIntField(null=True)),
                ("value_currency", fields.CharField(max_length=3, null=True)),
                ("base_minor", fields.BigIntField(null=True)),
                ("expected_close_date", fields.DateField(null=True)),
                ("probability", fields.FloatField()),
                ("forecast_category", fields.CharField(max_length=32)),
                ("closed_on", fields.DateField(null=True)),
                ("slip_reason", fields.CharField(max_length=32, null=True)),
            ],
            options={
                "table": "snapshot",
                "app": "pursuit",
                "pk_attr": "pos",
                "constraints": [
                    _one_of("state", STATES),
                    _one_of("forecast_category", CATEGORIES),
                    _one_of("slip_reason", REASONS),
                    CheckConstraint(name="snapshot_interval_sound", check="until > since"),
                ],
            },
        ),
        ops.RunSQL(
            f"INSERT INTO snapshot ({SNAPSHOT_COLUMNS}) SELECT {SNAPSHOT_COLUMNS} FROM standing ORDER BY pos"
        ),
        ops.RunSQL(ADVANCE_SEQUENCE),
        ops.RunSQL("CREATE UNIQUE INDEX snapshot_current ON snapshot (opportunity_id) WHERE until IS NULL"),
        ops.RunSQL("CREATE INDEX snapshot_listed_1 ON snapshot (organization_id, since)"),
        ops.DeleteModel("Standing"),
        ops.CreateModel(
            name="JobLease",
            fields=[
                ("name", fields.CharField(max_length=32, primary_key=True)),
                ("leased_until", fields.DatetimeField(null=True)),
                ("done_at", fields.DatetimeField(null=True)),
            ],
            options={"table": "job_lease", "app": "pursuit", "pk_attr": "name"},
        ),
        ops.RunSQL(
            "INSERT INTO job_lease (name, leased_until, done_at) SELECT name, leased_until, done_at FROM chore"
        ),
        ops.DeleteModel("Chore"),
    ]
