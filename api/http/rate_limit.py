"""Rate limit: the points of cost that one key may use per minute, counted in this process."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from api.http.problems import RequestProblem
from workflow.rules.permissions import Viewer

MIN_COST = 1
"""Points charged for any request, including one that cannot run."""


@dataclass(frozen=True, slots=True)
class Charge:
    """The points of one request, and those that its key has left until the window ends."""

    requested: int
    limit: int
    remaining: int
    reset_at: datetime

    def as_extension(self) -> dict[str, Any]:
        """Return the value of `extensions.cost` in a response."""
        at = self.reset_at.isoformat(timespec="seconds")
        return {"requested": self.requested, "limit": self.limit, "remaining": self.remaining, "resetAt": at}


class RateLimit:
    """Points used by every key in windows of one minute, each from the first request of the window.

    `points` are the budget of a key without one of its own, and of a member with a token.
    """

    def __init__(self, points: int) -> None:
        self._default = points
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def charge(self, viewer: Viewer, cost: int) -> Charge:
        """Charge a request; raise RequestProblem, and charge nothing, if it costs more than is left."""
        owner = limit_owner(viewer)
        budget = viewer.key.points_per_minute if viewer.key else None
        limit = RateLimitItemPerMinute(self._default if budget is None else budget)
        if not await self._limiter.test(limit, owner, cost=cost):
            raise _limited_problem(await self._read_window(limit, owner, cost))
        await self._limiter.hit(limit, owner, cost=cost)
        return await self._read_window(limit, owner, cost)

    async def _read_window(self, limit: RateLimitItem, owner: str, requested: int) -> Charge:
        reset, remaining = await self._limiter.get_window_stats(limit, owner)
        return Charge(requested, limit.amount, remaining, datetime.fromtimestamp(reset, UTC))


def _limited_problem(charge: Charge) -> RequestProblem:
    seconds = max(1, ceil(charge.reset_at.timestamp() - time.time()))
    costs = f"This request costs {charge.requested:,} points."
    message = (
        f"{costs} {charge.remaining:,} of the {charge.limit:,} points per minute are left. "
        f"Try again in {seconds} seconds, or request less."
    )
    if charge.requested > charge.limit:
        message = (
            f"{costs} The key has {charge.limit:,} points per minute. "
            "Request less, or use a key with a larger budget."
        )
    return RequestProblem(
        429, "RATE_LIMITED", message, extensions={"cost": charge.as_extension()}, retry_after=seconds
    )


def limit_owner(viewer: Viewer) -> str:
    """Return the id that limits are counted by: the API key, or the member of a token."""
    return str(viewer.key.id if viewer.key else viewer.member_id)
