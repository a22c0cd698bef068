"""Ids of the API: base64url of `Type:uuid`."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from uuid import UUID

import strawberry

from workflow.rules.errors import NotFoundError

NIL_UUID = UUID(int=0)
UUID_LENGTH = 36


def encode(kind: str, id: UUID) -> strawberry.ID:
    """Return the id of a record, as clients see it."""
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{id}".encode()).decode().rstrip("="))


def encode_each(kind: str, ids: Sequence[UUID]) -> list[strawberry.ID]:
    """Return the ids of several records; all are encoded by one call."""
    # Ids of one type have one length, so each can be filled up to whole groups of three bytes.
    fill = "\0" * (-(len(kind) + 1 + UUID_LENGTH) % 3)
    encoded = binascii.b2a_base64("".join([f"{kind}:{id}{fill}" for id in ids]).encode(), newline=False)
    length = 4 * (len(kind) + 1 + UUID_LENGTH + len(fill)) // 3
    text = encoded.decode()
    # A filled byte of zeros adds one character; b2a_base64 writes no character that URLs forbid for ASCII.
    end = length - len(fill)
    return [strawberry.ID(text[start : start + end]) for start in range(0, length * len(ids), length)]


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
