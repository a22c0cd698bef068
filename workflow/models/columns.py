"""The kinds of column that every table is made of."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields.relational import ForeignKeyNullableRelation, ForeignKeyRelation
from uuid_utils.compat import uuid7

from workflow.rules import codec

UNSTORABLE = codec.UNSTORABLE


def new_id() -> UUID:
    """A UUIDv7: later ids sort after earlier ones."""
    return uuid7()


def primary_key() -> fields.UUIDField[UUID]:
    """The primary key, made by us."""
    return fields.UUIDField(primary_key=True, default=new_id)


def enum_name(*, null: bool = False) -> fields.CharField[Any]:  # Any: a text, or none where `null`
    """An enum's name; the CHECK on it stands in the migration."""
    return short_text(null=null, size=32)


def json_text() -> Any:  # Any: JSON as its text
    """JSON that a row carries as text, for a page reads many rows and looks into few."""
    return fields.JSONField(null=True, decoder=str)


def short_text(
    *, null: bool = False, size: int = 255
) -> fields.CharField[Any]:  # Any: a text, or none where `null`
    """A short text."""
    if null:
        return fields.CharField(max_length=size, null=True)
    return fields.CharField(max_length=size)


def foreign_key(table: str, *, cascade: bool = False) -> ForeignKeyRelation[Any]:
    """A foreign key; what is still pointed at cannot be deleted unless it hangs on its parent."""
    on_delete = fields.CASCADE if cascade else fields.RESTRICT
    return fields.ForeignKeyField(f"pursuit.{table}", related_name=False, on_delete=on_delete, db_index=True)


def optional_foreign_key(table: str) -> ForeignKeyNullableRelation[Any]:
    """A foreign key that may be empty."""
    return fields.ForeignKeyField(
        f"pursuit.{table}", related_name=False, on_delete=fields.RESTRICT, null=True, db_index=True
    )
