"""Published sales processes."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import key, line, maybe, of, word


class SalesProcess(Model):
    """One published version of a process: a document that never changes."""

    id = key()
    organization = of("Organization")
    process_key = line(size=64)
    version = fields.IntField()
    name = line()
    document: dict[str, object] = fields.JSONField()
    content_hash = fields.CharField(max_length=64)
    published_at = fields.DatetimeField()
    actor_kind = word()
    actor_name = line()
    actor_member = maybe("Member")

    class Meta:
        table = "sales_process"
