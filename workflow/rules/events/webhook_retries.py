"""Retry schedule of webhook deliveries, and when a failing endpoint is disabled."""

from datetime import datetime, timedelta

_HOUR = 3600
RETRY_DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR)
)
"""Delay after each failed attempt; the tenth attempt is the last."""
RETRY_JITTER = 0.1
"""Largest share of a delay to add at random, so that deliveries that failed together are retried apart."""
MAX_RETRY_AFTER = timedelta(hours=24)
"""Longest delay that a receiver can ask for with Retry-After."""
DISABLE_AFTER = timedelta(days=5)
"""How long an endpoint may fail, without one successful delivery, before it is disabled."""


def next_retry_at(
    attempts: int, now: datetime, random_share: float, retry_after: timedelta | None = None
) -> datetime | None:
    """Return the time of the next attempt after `attempts` failed ones; None after the last.

    `random_share`, from 0 to 1, is the share of the jitter to add. `retry_after` is the receiver's own wish.
    """
    if attempts > len(RETRY_DELAYS):
        return None
    delay = RETRY_DELAYS[attempts - 1] * (1 + RETRY_JITTER * random_share)
    requested = min(retry_after or timedelta(), MAX_RETRY_AFTER)
    return now + max(delay, requested)
