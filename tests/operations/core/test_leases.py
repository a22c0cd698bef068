"""Leases of periodic jobs: acquired by one process, renewed by it, and free again after they end."""

import asyncio
from datetime import timedelta

from tests.support.organizations import NOW
from workflow.models import JobLease
from workflow.models.engine.database import open_database
from workflow.operations.core.leases import LEASE_DURATION, acquire_lease, release_lease, renew_lease

EVERY = timedelta(minutes=15)
MOMENT = timedelta(seconds=1)


async def test_of_many_concurrent_processes_one_acquires_the_lease(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        begun = await asyncio.gather(*(acquire_lease("sweep", EVERY, NOW) for _ in range(8)))

    assert sum(begun) == 1


async def test_a_job_is_due_again_one_interval_after_its_start(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        await acquire_lease("sweep", EVERY, NOW)
        await release_lease("sweep", NOW)
        again = [await acquire_lease("sweep", EVERY, NOW + after) for after in (EVERY - MOMENT, EVERY)]

    assert again == [False, True]


async def test_a_lease_is_extended_by_each_renewal(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        await acquire_lease("sweep", EVERY, NOW)
        await renew_lease("sweep", NOW + MOMENT)
        taken = [
            await acquire_lease("sweep", EVERY, NOW + after)
            for after in (LEASE_DURATION, LEASE_DURATION + MOMENT)
        ]
        [kept] = await JobLease.filter(name="sweep").values("done_at")

    assert (taken, kept["done_at"]) == ([False, True], None)
