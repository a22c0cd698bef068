"""Sixteen writers in four processes, some killed: every reader reads each committed event once, in order."""

import asyncio
import os
import random
import sys
from collections.abc import Awaitable, Callable
from uuid import UUID

from tests.support.counts import count
from tests.support.organizations import TestOrganization, new_organization
from tests.support.serving import ROOT
from workflow.models import Event
from workflow.models.engine.database import open_database
from workflow.queries.events.events import FEED_START, EventFilter, FeedPosition, events
from workflow.queries.paging import Window

EVENTS = count(100_000)
PROCESSES = 4
KILLS = 6
Reading = Callable[[TestOrganization, FeedPosition], Awaitable[list[tuple[UUID, FeedPosition]]]]


async def by_cursor(organization: TestOrganization, after: FeedPosition) -> list[tuple[UUID, FeedPosition]]:
    """Read the feed after a position."""
    found, _ = await events(organization.ctx.viewer, EventFilter(), Window(size=100, after=after))
    return [(row.id, row.position) for row in found]


async def by_position(organization: TestOrganization, after: FeedPosition) -> list[tuple[UUID, FeedPosition]]:
    """Read events by their sequence, as if it were the order of commits."""
    later = Event.filter(organization_id=organization.id, pos__gt=after.pos).order_by("pos").limit(100)
    return [(row["id"], FeedPosition(0, 0, row["pos"])) for row in await later.values("id", "pos")]


async def test_every_committed_event_is_read_once_and_in_order(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()
        writers_ended = asyncio.Event()
        readers = [asyncio.create_task(_read(organization, by_cursor, writers_ended)) for _ in range(3)]
        by_sequence = asyncio.create_task(_read(organization, by_position, writers_ended))
        await _run_writers(own_database, organization)
        writers_ended.set()
        found_by_reader = [await reader for reader in readers]
        committed = (
            await Event.filter(organization_id=organization.id)
            .order_by("xid", "pos")
            .values_list("id", flat=True)
        )

        assert len(committed) > EVENTS * 0.9
        assert [len(events_read) for events_read in found_by_reader] == [len(committed)] * 3
        assert found_by_reader == [committed] * 3
        assert set(await by_sequence) < set(committed)


async def _read(organization: TestOrganization, read: Reading, writers_ended: asyncio.Event) -> list[UUID]:
    """Read the feed from its start until the writers have ended and nothing is left."""
    found_ids: list[UUID] = []
    position = FEED_START
    while True:
        ended = writers_ended.is_set()
        while found := await read(organization, position):
            found_ids += [id for id, _ in found]
            position = found[-1][1]
        if ended:
            return found_ids
        await asyncio.sleep(0.01)


async def _run_writers(url: str, organization: TestOrganization) -> None:
    """Record all events by four processes; a killed one is replaced by another that starts again."""
    kills = asyncio.Semaphore(KILLS)
    await asyncio.gather(*(_start_writer(url, organization, seed, kills) for seed in range(PROCESSES)))


async def _start_writer(
    url: str, organization: TestOrganization, seed: int, kills: asyncio.Semaphore
) -> None:
    share = EVENTS // PROCESSES
    while True:
        process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-m",
                "tests.queries.events.event_writer_process",
                url,
                str(organization.id),
                str(seed),
                str(share),
            ),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        is_killed = seed % 2 == 0 and not kills.locked()
        if is_killed:
            await kills.acquire()
        try:
            await asyncio.wait_for(process.wait(), random.uniform(1.5, 3) if is_killed else 600)
            return
        except TimeoutError:
            process.kill()
            await process.wait()
            seed += PROCESSES
