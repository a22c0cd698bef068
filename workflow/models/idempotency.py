"""Idempotency records: requests that may be sent again and are executed once."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import foreign_key, json_value, primary_key, short_text


class IdempotencyRecord(Model):
    """An Idempotency-Key of an API key or member, with its request and the results.

    Each entry of `outcomes` is written in the transaction whose result it is; `done` is set after the last.
    `answer` is text, because a JSON column can change the order of names.
    """

    id = primary_key()
    organization = foreign_key("Organization")
    owner_id = fields.UUIDField()
    name = short_text()
    request_hash = fields.CharField(max_length=64)
    claim = fields.UUIDField()
    claimed_until = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    outcomes: dict[str, Any] = json_value()
    done = fields.BooleanField(default=False)
    answer = fields.TextField(null=True)

    class Meta:
        table = "idempotency"
