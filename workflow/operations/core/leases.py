"""Work that one process at a time does now and then; what it does is right whoever else does it too."""

from datetime import datetime, timedelta

from tortoise.expressions import Q

from workflow.models import Chore
from workflow.models.engine.database import standing_for_everybody, transaction

LEASE = timedelta(minutes=2)
"""How long a chore is one process's without a word of it: a dead one's is taken over then."""


async def begin(name: str, every: timedelta, now: datetime) -> bool:
    """Take the chore where it is due and nobody is at it."""
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    due = Q(done_at=None) | Q(done_at__lte=now - every)
    return await _kept(Q(name=name) & free & due, leased_until=now + LEASE)


async def go_on(name: str, now: datetime) -> None:
    """Say that somebody is still at it."""
    await _kept(Q(name=name), leased_until=now + LEASE)


async def end(name: str, began: datetime) -> None:
    """Say that it was done, as of when it began."""
    await _kept(Q(name=name), leased_until=None, done_at=began)


async def _kept(which: Q, **fields: datetime | None) -> bool:
    async def work() -> bool:
        return bool(await Chore.filter(which).update(**fields))

    with standing_for_everybody():
        return await transaction(work)
