"""Leases of periodic jobs, so that one process at a time runs a job. Running one twice does no harm."""

from datetime import datetime, timedelta

from tortoise.expressions import Q

from workflow.models import JobLease
from workflow.models.engine.database import bypass_row_security, transaction

LEASE_DURATION = timedelta(minutes=2)
"""The time after which a lease that is not renewed ends, because its process is presumed dead."""


async def acquire_lease(name: str, interval: timedelta, now: datetime) -> bool:
    """Acquire the lease if the job is due and not running elsewhere. Return whether it was acquired."""
    available = Q(leased_until=None) | Q(leased_until__lte=now)
    due = Q(done_at=None) | Q(done_at__lte=now - interval)
    return await _update(Q(name=name) & available & due, leased_until=now + LEASE_DURATION)


async def renew_lease(name: str, now: datetime) -> None:
    """Extend the lease of a job that is still running."""
    await _update(Q(name=name), leased_until=now + LEASE_DURATION)


async def release_lease(name: str, started_at: datetime) -> None:
    """Record that the job is done, and make it due again one interval after `started_at`."""
    await _update(Q(name=name), leased_until=None, done_at=started_at)


async def _update(condition: Q, **fields: datetime | None) -> bool:
    async def work() -> bool:
        # One UPDATE with its condition: of two processes that try at once, one changes no row.
        return bool(await JobLease.filter(condition).update(**fields))

    # The table belongs to no organization, so a request's role may not write it.
    with bypass_row_security():
        return await transaction(work)
