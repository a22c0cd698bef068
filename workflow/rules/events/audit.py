"""Hash chain of the audit trail: each event is bound to the previous one, so that tampering shows."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

AUDITED_KINDS = frozenset({"apiKey", "exchangeRate", "member", "organization", "process", "team", "webhook"})
"""Aggregates that only admins change."""
GENESIS_HASH = "0" * 64


def chain_hash(previous: str, number: int, event: Mapping[str, object]) -> str:
    """Return the hash of an event: SHA-256 over the previous hash, its number and its fields as JSON."""
    fields = {name: _normalize(value) for name, value in event.items()}
    text = json.dumps([previous, number, fields], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _normalize(value: object) -> object:
    """Convert a value to the form in which both databases return it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value if value is None or isinstance(value, Mapping | str) else str(value)
