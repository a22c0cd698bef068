"""Alerts, the days whose digest was sent, and what one process at a time does; of a deal when it was recorded here, and whether to stop it is proposed."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

CODES = (
    "STATE_AGE", "NO_BUYER_ACTIVITY", "STAGNATION", "NO_NEXT_STEP", "CLOSE_DATE_OVERDUE", "CLOSE_DATE_PUSHED", "SINGLE_THREADED",
    "ROLE_MISSING", "CHAMPION_LEFT", "MILESTONE_DUE", "RISK_UNADDRESSED", "RISK_NOT_REVIEWED", "EVIDENCE_STALE", "INTEREST_DOUBT",
    "FIT_LOST", "OVERRIDE_DUE", "DISQUALIFY_PROPOSED",
)  # fmt: skip


def _key(table: str, name: str, *, null: bool = False) -> tuple[str, object]:
    return name, fields.ForeignKeyField(
        f"pursuit.{table}",
        source_field=f"{name}_id",
        db_index=True,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
        null=null,
    )


def _one_of(name: str, words: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(name=f"alert_{name}_sound", check=f"{name} IN ({listed})")


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0006_webhooks")]

    operations = [
        ops.CreateModel(
            name="Alert",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                _key("Organization", "organization"),
                _key("Opportunity", "opportunity"),
                ("code", fields.CharField(max_length=32)),
                ("subject", fields.CharField(max_length=255)),
                ("severity", fields.CharField(max_length=32)),
                ("rank", fields.IntField()),
                ("severity_since", fields.DatetimeField()),
                ("status", fields.CharField(max_length=32)),
                ("message", fields.TextField()),
                ("remedy", fields.CharField(max_length=64, null=True)),
                ("first_seen_at", fields.DatetimeField()),
                ("last_seen_at", fields.DatetimeField()),
                ("acknowledged_kind", fields.CharField(max_length=32, null=True)),
                ("acknowledged_name", fields.CharField(max_length=255, null=True)),
                _key("Member", "acknowledged_member", null=True),
                ("acknowledged_at", fields.DatetimeField(null=True)),
                ("snoozed_kind", fields.CharField(max_length=32, null=True)),
                ("snoozed_name", fields.CharField(max_length=255, null=True)),
                _key("Member", "snoozed_member", null=True),
                ("snoozed_until", fields.DatetimeField(null=True)),
                ("note", fields.TextField(null=True)),
                ("resolved_at", fields.DatetimeField(null=True)),
                _key("Member", "escalated_to", null=True),
                ("escalated_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "alert",
                "app": "pursuit",
                "pk_attr": "id",
                "constraints": [
                    _one_of("code", CODES),
                    _one_of("severity", ("ADVICE", "WARNING", "CRITICAL")),
                    _one_of("status", ("OPEN", "ACKNOWLEDGED", "SNOOZED", "RESOLVED")),
                ],
            },
        ),
        ops.CreateModel(
            name="AlertDigest",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                _key("Organization", "organization"),
                _key("Member", "member"),
                ("day", fields.DateField()),
            ],
            options={"table": "alert_digest", "app": "pursuit", "pk_attr": "id"},
        ),
        ops.CreateModel(
            name="Chore",
            fields=[
                ("name", fields.CharField(max_length=32, primary_key=True)),
                ("leased_until", fields.DatetimeField(null=True)),
                ("done_at", fields.DatetimeField(null=True)),
            ],
            options={"table": "chore", "app": "pursuit", "pk_attr": "name"},
        ),
        ops.AddField(model_name="Opportunity", name="recorded_at", field=fields.DatetimeField(null=True)),
        ops.AddField(
            model_name="Opportunity", name="disqualify_proposed", field=fields.BooleanField(db_default=False)
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX alert_unresolved ON alert (opportunity_id, code, subject) WHERE status <> 'RESOLVED'"
        ),
        ops.RunSQL("CREATE INDEX alert_listed_1 ON alert (organization_id, status, rank, first_seen_at, id)"),
        ops.RunSQL("CREATE UNIQUE INDEX alert_digest_unique_1 ON alert_digest (member_id, day)"),
        ops.RunSQL("-- only: postgres\n        CREATE INDEX event_listed_3 ON event (xid, pos)"),
        ops.RunSQL("INSERT INTO chore (name) VALUES ('sweep')"),
        ops.RunSQL(
            "UPDATE opportunity SET recorded_at = (SELECT MIN(event.at) FROM event"
            " WHERE event.aggregateid = opportunity.id AND event.type = 'opportunity.created')"
        ),
    ]
