"""Requests that may be sent twice and shall be done once: what a key of a client has come to."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import foreign_key, primary_key, short_text


class IdempotencyRecord(Model):
    """One Idempotency-Key of one API key or member: which request it stands for, who is at it, and what became of it.

    `outcomes` are written in the transactions that they tell of; `done` says that they are all, and `answer` is the answer
    as it was given: a text, for a database may put the names of JSON in another order.
    """

    id = primary_key()
    organization = foreign_key("Organization")
    owner_id = fields.UUIDField()
    name = short_text()
    request_hash = fields.CharField(max_length=64)
    claim = fields.UUIDField()
    claimed_until = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    outcomes: dict[str, Any] = fields.JSONField()
    done = fields.BooleanField(default=False)
    answer = fields.TextField(null=True)

    class Meta:
        table = "idempotency"
