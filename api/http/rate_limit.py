"""How much one key may ask for in a minute, in points of cost, and what an answer tells of it."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from api.http.problems import RequestProblem
from workflow.rules.permissions import Viewer

MIN_COST = 1
"""Points that every request takes, one that cannot run too."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a request took of its key's points, and what is left of them until they are whole again."""

    requested: int
    limit: int
    remaining: int
    reset_at: datetime

    def as_extension(self) -> dict[str, Any]:
        """`extensions.cost` of an answer."""
        at = self.reset_at.isoformat(timespec="seconds")
        return {"requested": self.requested, "limit": self.limit, "remaining": self.remaining, "resetAt": at}


class RateLimit:
    """The points of every key in this process: so many a minute, from the first request of that minute on."""

    def __init__(self, points: int) -> None:
        self._limit = RateLimitItemPerMinute(points)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def charge(self, viewer: Viewer, cost: int) -> Charge:
        """Charge a request; one that costs more than is left takes nothing. Raises a 429 that says when to come again."""
        owner = _owner(viewer)
        if not await self._limiter.test(self._limit, owner, cost=cost):
            raise self._limited_problem(await self._read_window(owner, cost))
        await self._limiter.hit(self._limit, owner, cost=cost)
        return await self._read_window(owner, cost)

    async def _read_window(self, owner: str, requested: int) -> Charge:
        reset, remaining = await self._limiter.get_window_stats(self._limit, owner)
        return Charge(requested, self._limit.amount, remaining, datetime.fromtimestamp(reset, UTC))

    def _limited_problem(self, charge: Charge) -> RequestProblem:
        seconds = max(1, ceil(charge.reset_at.timestamp() - time.time()))
        message = (
            f"This request costs {charge.requested:,} points, and {charge.remaining:,} of the {charge.limit:,} that this "
            f"key has in a minute are left. Try again in {seconds} s, or ask for less."
        )
        return RequestProblem(
            429,
            "RATE_LIMITED",
            message,
            headers={"Retry-After": str(seconds)},
            extensions={"cost": charge.as_extension()},
        )


def _owner(viewer: Viewer) -> str:
    """Whose points they are: the key's, or the member's who came with a token."""
    return str(viewer.key.id if viewer.key else viewer.member_id)
