"""Signatures of webhooks, as Standard Webhooks 1.0 defines them."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32
SECRET_OVERLAP = timedelta(hours=24)
"""How long the previous secret still signs after a rotation."""


def encode_secret(raw: bytes) -> str:
    """Return a secret in the form in which receivers configure it."""
    return SECRET_PREFIX + base64.b64encode(raw).decode()


def message_id(event_id: UUID) -> str:
    """Return the `webhook-id`: equal for every attempt of one event, so that receivers can drop repeats."""
    return f"msg_{event_id.hex}"


def sign(secrets: Sequence[str], id: str, at: datetime, body: bytes) -> str:
    """Return the `webhook-signature`: for each secret, HMAC-SHA256 over id, time and body."""
    signed = f"{id}.{int(at.timestamp())}.".encode() + body
    digests = (
        hmac.digest(base64.b64decode(secret.removeprefix(SECRET_PREFIX)), signed, hashlib.sha256)
        for secret in secrets
    )
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
