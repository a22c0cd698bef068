"""The documents that text search reads."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import enum_name


class SearchDocument(Model):
    """The folded names by which a deal, an account or a contact is found; triggers write it."""

    id = fields.BigIntField(primary_key=True, generated=True)
    organization: fields.ForeignKeyRelation["Model"] = fields.ForeignKeyField(
        "pursuit.Organization", related_name=False, on_delete=fields.RESTRICT
    )
    kind = enum_name()
    subject_id = fields.UUIDField()
    text = fields.TextField()

    class Meta:
        table = "search_document"
