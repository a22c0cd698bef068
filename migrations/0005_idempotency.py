"""Requests that are sent twice and done once: what each Idempotency-Key has come to, for a day."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0004_audit_chain")]

    operations = [
        ops.CreateModel(
            name="Idempotency",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("owner_id", fields.UUIDField()),
                ("name", fields.CharField(max_length=255)),
                ("request_hash", fields.CharField(max_length=64)),
                ("claim", fields.UUIDField()),
                ("claimed_until", fields.DatetimeField()),
                ("expires_at", fields.DatetimeField()),
                ("outcomes", fields.JSONField()),
                ("done", fields.BooleanField(default=False)),
                ("answer", fields.TextField(null=True)),
            ],
            options={"table": "idempotency", "app": "pursuit", "pk_attr": "id"},
        ),
        ops.RunSQL(
            "CREATE UNIQUE INDEX idempotency_unique_1 ON idempotency (organization_id, owner_id, name)"
        ),
        ops.RunSQL("CREATE INDEX idempotency_listed_1 ON idempotency (organization_id, expires_at)"),
    ]
