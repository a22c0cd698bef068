"""Webhooks as Standard Webhooks 1.0 has them: how they are signed, when they are tried again, and when an endpoint is given up."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32
RETRY_DELAYS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 5 * 60, 30 * 60, *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24)))
)
"""From one attempt to the next; the tenth that fails is the last."""
RETRY_JITTER = 0.1
"""The share of a delay by which it may be longer, so that what failed together does not come again together."""
MAX_RETRY_AFTER = timedelta(hours=24)
"""What a receiver may ask for with Retry-After at most."""
DISABLE_AFTER = timedelta(days=5)
"""How long an endpoint may fail, without one delivery, before it is disabled."""
SECRET_OVERLAP = timedelta(hours=24)
"""How long the secret before a rotation signs too."""


def encode_secret(raw: bytes) -> str:
    """A secret as receivers configure it."""
    return SECRET_PREFIX + base64.b64encode(raw).decode()


def message_id(event_id: UUID) -> str:
    """The `webhook-id`: the same for each sending of one fact, so that a receiver can tell that it had it."""
    return f"msg_{event_id.hex}"


def sign(secrets: Sequence[str], id: str, at: datetime, body: bytes) -> str:
    """The `webhook-signature`, one for each secret: HMAC-SHA256 over id, time and body."""
    signed = f"{id}.{int(at.timestamp())}.".encode() + body
    digests = (
        hmac.digest(base64.b64decode(secret.removeprefix(SECRET_PREFIX)), signed, hashlib.sha256) for secret in secrets
    )
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def next_retry_at(
    attempts: int, now: datetime, random_share: float, retry_after: timedelta | None = None
) -> datetime | None:
    """When a delivery is tried again after so many attempts, and not before the receiver asks for it; none where that was the last.

    `chance` is from 0 to 1.
    """
    if attempts > len(RETRY_DELAYS):
        return None
    delay = RETRY_DELAYS[attempts - 1] * (1 + RETRY_JITTER * random_share)
    return now + max(delay, min(retry_after or timedelta(), MAX_RETRY_AFTER))
