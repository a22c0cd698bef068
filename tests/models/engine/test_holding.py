"""Held connections: the reads of one task share a connection, and nothing else does."""

import asyncio
from uuid import uuid4

import pytest

from tests.support.organizations import TestOrganization
from workflow.models.engine.database import (
    act_as_organization,
    dialect,
    one_connection,
    read,
    read_as_system,
    transaction,
)

BACKEND = {"postgres": "SELECT pg_backend_pid() AS backend", "sqlite": "SELECT 1 AS backend"}


async def backend() -> int:
    """Return the process of PostgreSQL that answers this task."""
    [record] = await read(BACKEND[dialect()])
    return int(record["backend"])


async def test_the_reads_of_a_task_share_a_connection(organization: TestOrganization) -> None:
    async with one_connection():
        first = await backend()
        async with one_connection():
            assert {await backend() for _ in range(5)} == {first}


async def test_other_tasks_and_transactions_take_their_own(organization: TestOrganization) -> None:
    async with one_connection():
        held = await backend()
        others = await asyncio.gather(*(asyncio.create_task(backend()) for _ in range(3)))
        in_transaction = await transaction(backend)

    if dialect() == "postgres":
        assert held not in (*others, in_transaction)


async def test_a_held_connection_follows_the_row_identity(organization: TestOrganization) -> None:
    rows = 'SELECT count(*) AS count FROM "api_key" WHERE organization_id = $1'

    async with one_connection():
        with act_as_organization(organization.id):
            [own] = await read(rows, organization.id)
        with act_as_organization(uuid4()):
            [other] = await read(rows, organization.id)

    assert own["count"] >= 1
    assert (other["count"] == 0) == (dialect() == "postgres")


async def test_a_failed_read_gives_the_connection_back(organization: TestOrganization) -> None:
    for _ in range(30):
        async with one_connection():
            with pytest.raises(Exception, match=r"(?i)syntax"):
                await read("SELEC nothing")

    assert await backend()


async def test_a_cancelled_read_gives_the_connection_back(organization: TestOrganization) -> None:
    slow = {
        "postgres": "SELECT pg_sleep(30)",
        "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
        "SELECT count(*) FROM n",
    }

    async def reading() -> None:
        async with one_connection():
            await read(slow[dialect()])

    for _ in range(15):
        task = asyncio.create_task(reading())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert await backend()


async def test_credentials_are_read_for_all_organizations(organization: TestOrganization) -> None:
    with act_as_organization(organization.id):
        [found] = await read_as_system('SELECT count(*) AS count FROM "organization"')

    assert found["count"] >= 1
