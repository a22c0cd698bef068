"""How each deal stood from when until when, for reports of the past; one target for a period and whose it is."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

STATES = ("LEAD", "QUALIFIED", "PROGRESSING", "WON", "LOST", "DISQUALIFIED")
CATEGORIES = ("OMITTED", "PIPELINE", "BEST_CASE", "MOST_LIKELY", "COMMIT", "CLOSED")
REASONS = (
    "WRONG_DATE", "BUYER_PROCESS", "BUDGET", "STAKEHOLDER_CHANGE", "COMPETITION", "LEGAL_PROCUREMENT", "SELLER_CAPACITY", "OTHER",
)  # fmt: skip
BEFORE = """
INSERT INTO standing (organization_id, opportunity_id, since, until, state, owner_id, value_minor, value_currency, base_minor,
    expected_close_date, probability, forecast_category, closed_on)
WITH moved AS (
    SELECT organization_id, id, created_at AS since, 0 AS sequence, 'LEAD' AS state, owner_id, value_minor, value_currency,
        base_minor, expected_close_date, 0.1 AS probability, 'OMITTED' AS forecast_category, NULL AS closed_on
    FROM opportunity
    UNION ALL
    SELECT opportunity.organization_id, opportunity.id, at, sequence, to_state, owner_id, transition.value_minor,
        transition.value_currency, base_minor, transition.expected_close_date, transition.probability,
        transition.forecast_category, transition.closed_on
    FROM transition JOIN opportunity ON opportunity.id = opportunity_id
    UNION ALL
    SELECT organization_id, id, updated_at, 2147483647, state, owner_id, value_minor, value_currency, base_minor,
        expected_close_date, probability, forecast_category, closed_on
    FROM opportunity
), followed AS (
    SELECT moved.*, LEAD(since) OVER (PARTITION BY id ORDER BY since, sequence) AS until FROM moved
)
SELECT organization_id, id, since, until, state, owner_id, value_minor, value_currency, base_minor, expected_close_date,
    probability, forecast_category, closed_on
FROM followed WHERE until IS NULL OR until > since"""
"""What a database knows from before: each transition with its value and date, and how the deal is now; its owner as now."""


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
    return CheckConstraint(name=f"standing_{name}_sound", check=f"{name} IN ({listed})")


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0007_alerts")]

    operations = [
        ops.CreateModel(
            name="Standing",
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
                "table": "standing",
                "app": "pursuit",
                "pk_attr": "pos",
                "constraints": [
                    _one_of("state", STATES),
                    _one_of("forecast_category", CATEGORIES),
                    _one_of("slip_reason", REASONS),
                    CheckConstraint(name="standing_span_sound", check="until > since"),
                ],
            },
        ),
        ops.RunSQL("CREATE UNIQUE INDEX standing_now ON standing (opportunity_id) WHERE until IS NULL"),
        ops.RunSQL("CREATE INDEX standing_listed_1 ON standing (organization_id, since)"),
        ops.RunSQL("CREATE INDEX opportunity_listed_8 ON opportunity (organization_id, closed_on, id)"),
        ops.RunSQL(BEFORE),
        ops.RunSQL(
            "CREATE UNIQUE INDEX target_unique_1 ON target (organization_id, from_day, to_day,"
            " COALESCE(member_id, '00000000-0000-0000-0000-000000000000'), COALESCE(team_id, '00000000-0000-0000-0000-000000000000'))"
        ),
    ]
