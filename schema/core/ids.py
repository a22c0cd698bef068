"""Ids of the API: base64url of `Type:uuid`."""

import base64
import binascii
from collections.abc import Iterable
from uuid import UUID

import strawberry

from workflow.rules.errors import NotFoundError

NIL_UUID = UUID(int=0)


def encode(kind: str, id: UUID) -> strawberry.ID:
    """Return the id of a record, as clients see it."""
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{id}".encode()).decode().rstrip("="))


def decode(id: str) -> tuple[str, UUID] | None:
    """Return the type and the UUID of an id; None if it is malformed."""
    try:
        decoded = base64.b64decode(id + "=" * (-len(id) % 4), altchars=b"-_", validate=True).decode("ascii")
        kind, _, text = decoded.partition(":")
        found = UUID(text)
    except (ValueError, binascii.Error):
        return None
    # A UUID can be written in several ways; only the way that encode() writes it is an id.
    return (kind, found) if encode(kind, found) == id else None


def parse(kind: str, id: str) -> UUID:
    """Return the UUID of an id of this type; raise NotFoundError if it is malformed or of another type."""
    found = decode(id)
    if found is None or found[0] != kind:
        raise NotFoundError(None, id)
    return found[1]


def parse_or_nil(kind: str, id: str) -> UUID:
    """Return the UUID of an id of this type, or the nil UUID, which no record has."""
    found = decode(id)
    return found[1] if found is not None and found[0] == kind else NIL_UUID


def parse_optional(kind: str, id: str | None) -> UUID | None:
    """Return the UUID of an id of this type, or None without an id; raise NotFoundError like `parse`."""
    return None if id is None else parse(kind, id)


def parse_valid(kind: str, ids: Iterable[str]) -> tuple[UUID, ...]:
    """Return the UUIDs of the ids of this type. The others are dropped: in a filter they match nothing."""
    found = (decode(id) for id in ids)
    return tuple(pair[1] for pair in found if pair is not None and pair[0] == kind)
