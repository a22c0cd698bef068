"""Published sales processes."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import (
    enum_name,
    foreign_key,
    json_value,
    optional_foreign_key,
    primary_key,
    short_text,
)


class SalesProcess(Model):
    """A published version of a sales process: a document that never changes."""

    id = primary_key()
    organization = foreign_key("Organization")
    process_key = short_text(size=64)
    version = fields.IntField()
    name = short_text()
    document: dict[str, object] = json_value()
    content_hash = fields.CharField(max_length=64)
    published_at = fields.DatetimeField()
    actor_kind = enum_name()
    actor_name = short_text()
    actor_member = optional_foreign_key("Member")

    class Meta:
        table = "sales_process"
