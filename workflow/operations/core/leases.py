"""Work that one process at a time does now and then; what it does is right whoever else does it too."""

from datetime import datetime, timedelta

from tortoise.expressions import Q

from workflow.models import JobLease
from workflow.models.engine.database import bypass_row_security, transaction

LEASE_DURATION = timedelta(minutes=2)
"""How long a chore is one process's without a word of it: a dead one's is taken over then."""


async def acquire_lease(name: str, interval: timedelta, now: datetime) -> bool:
    """Take the chore where it is due and nobody is at it."""
    available = Q(leased_until=None) | Q(leased_until__lte=now)
    due = Q(done_at=None) | Q(done_at__lte=now - interval)
    return await _update(Q(name=name) & available & due, leased_until=now + LEASE_DURATION)


async def renew_lease(name: str, now: datetime) -> None:
    """Say that somebody is still at it."""
    await _update(Q(name=name), leased_until=now + LEASE_DURATION)


async def release_lease(name: str, started_at: datetime) -> None:
    """Say that it was done, as of when it began."""
    await _update(Q(name=name), leased_until=None, done_at=started_at)


async def _update(which: Q, **fields: datetime | None) -> bool:
    async def work() -> bool:
        return bool(await JobLease.filter(which).update(**fields))

    with bypass_row_security():
        return await transaction(work)
