"""Refusal of a record whose unique key is already in use."""

from typing import Any

from tortoise.queryset import QuerySet

from workflow.rules.errors import DuplicateError


async def refuse_duplicate(
    same_key: QuerySet[Any],  # Any: rows of any table
    *,
    kind: str,
    message: str,
    own_id: object = None,
) -> None:
    """Raise DuplicateError if `same_key` finds a record other than the one with `own_id`."""
    others = same_key.exclude(id=own_id) if own_id is not None else same_key
    found = await others.limit(1).values("id")
    if found:
        raise DuplicateError(message, kind=kind, id=found[0]["id"])
