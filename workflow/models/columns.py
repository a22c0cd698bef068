"""The kinds of column that the tables consist of."""

import json
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields.relational import ForeignKeyNullableRelation, ForeignKeyRelation
from uuid_utils.compat import uuid7

from workflow.rules import codec

UNSTORABLE = codec.UNSTORABLE


def new_id() -> UUID:
    """Return a UUIDv7; later ids sort after earlier ones."""
    return uuid7()


def primary_key() -> fields.UUIDField[UUID]:
    """Return a primary key that the program assigns."""
    return fields.UUIDField(primary_key=True, default=new_id)


def enum_name(*, null: bool = False) -> fields.CharField[Any]:  # Any: a text, or None if `null`
    """Return a column for an enum's name; its CHECK is in the migration."""
    return short_text(null=null, size=32)


def json_value() -> Any:  # Any: whatever JSON holds
    """Return a JSON column that is read as plain data."""
    # Where orjson is installed, Tortoise would use it, and integers beyond 64 bits would lose their digits.
    return fields.JSONField(encoder=_encode_json, decoder=json.loads)


def json_text() -> Any:  # Any: JSON as its text
    """Return a JSON column that is read as text."""
    # Pages read many rows and use the content of few, so parsing happens where it is used.
    return fields.JSONField(null=True, encoder=_encode_json, decoder=str)


def short_text(
    *, null: bool = False, size: int = 255
) -> fields.CharField[Any]:  # Any: a text, or None if `null`
    """Return a column for a short text."""
    if null:
        return fields.CharField(max_length=size, null=True)
    return fields.CharField(max_length=size)


def foreign_key(table: str, *, cascade: bool = False) -> ForeignKeyRelation[Any]:
    """Return a foreign key; a row that others refer to cannot be deleted, except with `cascade`."""
    on_delete = fields.CASCADE if cascade else fields.RESTRICT
    return fields.ForeignKeyField(f"pursuit.{table}", related_name=False, on_delete=on_delete, db_index=True)


def optional_foreign_key(table: str) -> ForeignKeyNullableRelation[Any]:
    """Return a foreign key that may be empty."""
    return fields.ForeignKeyField(
        f"pursuit.{table}", related_name=False, on_delete=fields.RESTRICT, null=True, db_index=True
    )


def _encode_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
