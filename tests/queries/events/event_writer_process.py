"""A process in which several writers record events.

Usage: python -m tests.queries.events.event_writer_process URL ORGANIZATION SEED EVENTS.
"""

import asyncio
import random
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from workflow.models.columns import new_id
from workflow.models.engine.database import open_database, transaction
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.core.journal import record_event

WRITERS = 4


class PlannedRollback(Exception):
    """A transaction that is rolled back."""


async def write_events(url: str, organization_id: UUID, seed: int, count: int) -> None:
    """Record a number of events; some transactions take longer than others, and some are rolled back."""
    rng = random.Random(seed)
    left = iter(range(count))
    async with open_database(url):
        await asyncio.gather(*(_write(organization_id, rng, left) for _ in range(WRITERS)))


async def _write(organization_id: UUID, rng: random.Random, left: Iterator[int]) -> None:
    ctx = Ctx(viewer=system_viewer(organization_id), now=datetime.now(UTC))

    async def work() -> None:
        await record_event(ctx, "account.updated", aggregate="account", id=new_id(), payload={})
        if rng.random() < 0.2:
            await asyncio.sleep(rng.random() * 0.02)
        if rng.random() < 0.05:
            raise PlannedRollback

    for _ in left:
        with suppress(PlannedRollback):
            await transaction(work)


if __name__ == "__main__":
    url, organization, seed, facts = sys.argv[1:]
    asyncio.run(write_events(url, UUID(organization), int(seed), int(facts)))
