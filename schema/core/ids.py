"""One codec for ids: base64url of `Type:uuid`; whatever else comes is an id of nothing."""

import base64
import binascii
from collections.abc import Iterable
from uuid import UUID

import strawberry

from workflow.rules.errors import NotFoundError

NIL_UUID = UUID(int=0)


def encode(kind: str, id: UUID) -> strawberry.ID:
    """The id that clients keep."""
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{id}".encode()).decode().rstrip("="))


def decode(id: str) -> tuple[str, UUID] | None:
    """The type and the record that an id names; None where it names nothing."""
    try:
        kind, _, text = (
            base64.b64decode(id + "=" * (-len(id) % 4), altchars=b"-_", validate=True).decode("ascii").partition(":")
        )
        found = UUID(text)
    except (ValueError, binascii.Error):
        return None
    return (kind, found) if encode(kind, found) == id else None


def parse(kind: str, id: str) -> UUID:
    """The record of this type that the id names; NotFound where it is malformed or of another type."""
    found = decode(id)
    if found is None or found[0] != kind:
        raise NotFoundError(None, id)
    return found[1]


def parse_or_nil(kind: str, id: str) -> UUID:
    """The record of this type, or an id that no record has: for lists in which one bad id spoils no other."""
    found = decode(id)
    return found[1] if found is not None and found[0] == kind else NIL_UUID


def parse_optional(kind: str, id: str | None) -> UUID | None:
    """The same for an id that may be left out."""
    return None if id is None else parse(kind, id)


def parse_valid(kind: str, ids: Iterable[str]) -> tuple[UUID, ...]:
    """The records that the ids name in a filter, where an unknown id matches nothing."""
    found = (decode(id) for id in ids)
    return tuple(pair[1] for pair in found if pair is not None and pair[0] == kind)
