"""The audit trail: what admins do, each fact bound to the one before it, so that none is changed, taken out or put in unseen."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

AUDITED_KINDS = frozenset({"apiKey", "exchangeRate", "member", "organization", "process", "team", "webhook"})
"""The kinds of things that only admins change."""
GENESIS_HASH = "0" * 64


def chain_hash(previous: str, number: int, event: Mapping[str, object]) -> str:
    """The hash of a fact in its place: SHA-256 of the hash before it, its number and all that it says, as sorted JSON."""
    fields = {name: _normalize(value) for name, value in event.items()}
    text = json.dumps([previous, number, fields], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _normalize(value: object) -> object:
    """As both databases give it back."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, Mapping | str) else str(value)
