"""The audit trail: each event of what admins do is numbered and bound to the one before it; the organization keeps the last."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0003_organization_names")]

    operations = [
        ops.AddField(model_name="Event", name="audit_number", field=fields.IntField(null=True)),
        ops.AddField(model_name="Event", name="audit_hash", field=fields.CharField(max_length=64, null=True)),
        ops.AddField(model_name="Organization", name="audit_number", field=fields.IntField(db_default=0)),
        ops.AddField(
            model_name="Organization",
            name="audit_hash",
            field=fields.CharField(max_length=64, db_default="0" * 64),
        ),
        ops.RunSQL("CREATE UNIQUE INDEX event_audit_number ON event (organization_id, audit_number)"),
    ]
