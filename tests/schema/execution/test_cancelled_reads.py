"""Reads that are cancelled or time out leave no task and no connection behind, whenever that happens."""

import asyncio
import random
from typing import Any

from tortoise.connection import get_connection

from schema import schema
from schema.core.context import RequestContext
from tests.support.counts import count
from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import create_deals_with_people
from workflow.models.engine.database import dialect
from workflow.models.engine.transactions import CONNECTION

READS = count(2_000, part=20)
LONGEST = 0.02
"""The most seconds before a read is ended; a whole read takes about as long."""
BOARD = """{ opportunities(first: 20) { totalCount nodes { name owner { name } account { name }
    buyer { stakeholders { roles contact { name } } } transitions { trigger } milestones { name } } } }"""


async def read(organization: TestOrganization) -> Any:
    """Read a page in a context of its own."""
    context = RequestContext(viewer=organization.ctx.viewer, now=NOW, request_id="test")
    result = await schema.execute(BOARD, context_value=context)
    assert result.errors is None
    return result.data


async def read_in_time(organization: TestOrganization, seconds: float) -> Any:
    """Read a page; raise TimeoutError after some seconds."""
    async with asyncio.timeout(seconds):
        return await read(organization)


async def test_ended_reads_leave_nothing_behind(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, 20, people=2)
    whole = await read(organization)
    running = asyncio.all_tasks()
    chance = random.Random(1)

    ended = 0
    for number in range(READS):
        seconds = chance.random() * LONGEST
        if number % 2:
            task: asyncio.Task[Any] = asyncio.create_task(read(organization))
            await asyncio.sleep(seconds)
            task.cancel()
        else:
            task = asyncio.create_task(read_in_time(organization, seconds))
        outcome: Any = (await asyncio.gather(task, return_exceptions=True))[0]
        ended += isinstance(outcome, BaseException)
        assert outcome == whole or isinstance(outcome, (asyncio.CancelledError, TimeoutError))

    assert ended > READS // 10
    assert await read(organization) == whole
    assert asyncio.all_tasks() <= running
    if dialect() == "postgres":
        client: Any = get_connection(CONNECTION)
        assert client._pool.get_idle_size() == client._pool.get_size()
