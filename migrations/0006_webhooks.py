"""Webhooks: receivers of facts with their place in the feed, and a row for each fact that goes to one."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint


def _key(table: str, name: str, on_delete: OnDelete = OnDelete.RESTRICT) -> tuple[str, object]:
    return name, fields.ForeignKeyField(
        f"pursuit.{table}",
        source_field=f"{name}_id",
        db_index=True,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=on_delete,
    )


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0005_idempotency")]

    operations = [
        ops.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                _key("Organization", "organization"),
                ("url", fields.CharField(max_length=2048)),
                ("event_types", fields.JSONField()),
                ("secret", fields.TextField()),
                ("secret_before", fields.TextField(null=True)),
                ("secret_before_until", fields.DatetimeField(null=True)),
                ("active", fields.BooleanField()),
                ("disabled_reason", fields.TextField(null=True)),
                ("failing_since", fields.DatetimeField(null=True)),
                ("created_at", fields.DatetimeField()),
                ("epoch", fields.IntField()),
                ("xid", fields.BigIntField()),
                ("pos", fields.BigIntField()),
            ],
            options={"table": "webhook_endpoint", "app": "pursuit", "pk_attr": "id"},
        ),
        ops.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                _key("Organization", "organization"),
                _key("WebhookEndpoint", "endpoint", OnDelete.CASCADE),
                ("event_id", fields.UUIDField()),
                ("status", fields.CharField(max_length=32)),
                ("attempts", fields.IntField()),
                ("last_status_code", fields.IntField(null=True)),
                ("last_error", fields.TextField(null=True)),
                ("next_attempt_at", fields.DatetimeField(null=True)),
                ("delivered_at", fields.DatetimeField(null=True)),
                ("created_at", fields.DatetimeField()),
                ("lease", fields.UUIDField(null=True)),
                ("leased_until", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "webhook_delivery",
                "app": "pursuit",
                "pk_attr": "id",
                "constraints": [
                    CheckConstraint(
                        name="webhook_delivery_status_sound",
                        check="status IN ('PENDING', 'DELIVERED', 'FAILED', 'EXHAUSTED')",
                    ),
                    CheckConstraint(name="webhook_delivery_attempts_sound", check="attempts >= 0"),
                ],
            },
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX webhook_delivery_unique_1 ON webhook_delivery (endpoint_id, event_id)"
        ),
        ops.RunSQL(
            "CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, next_attempt_at)"
            " WHERE next_attempt_at IS NOT NULL"
        ),
        ops.RunSQL(
            "CREATE INDEX webhook_delivery_listed_1 ON webhook_delivery (endpoint_id, created_at, id)"
        ),
        ops.RunSQL("CREATE INDEX webhook_delivery_old ON webhook_delivery (created_at)"),
    ]
