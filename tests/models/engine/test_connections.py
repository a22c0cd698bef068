"""Connections survive cancelled requests, wait only for a limited time, and report a lost database."""

import asyncio
import contextlib
import random
import sqlite3
import subprocess
import sys

import pytest
from tortoise.exceptions import IntegrityError

from tests.models.engine.ledger import add_pair, lines
from tests.support.counts import count
from workflow.models.engine import timeouts
from workflow.models.engine.connections import SafePostgres, SafeSqlite, get_client_class
from workflow.models.engine.database import dialect, drain, execute, fetch, tortoise_config, transaction
from workflow.rules.errors import UnavailableError

CANCELS = count(1000)
UNREACHABLE = """
import asyncio
from workflow.models.engine.database import open_database
from workflow.rules.errors import UnavailableError
async def reach():
    async with open_database("postgres://nobody@127.0.0.1:1/nothing"):
        pass
try:
    asyncio.run(reach())
except UnavailableError:
    print("unavailable")
"""


async def test_cancelled_requests_never_block_the_database_or_leave_partial_writes(ledger: str) -> None:
    async def cancelled(number: int) -> None:
        request = asyncio.create_task(transaction(lambda: add_pair(number)))
        await asyncio.sleep(random.random() * 0.004)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)

    for start in range(0, CANCELS, 20):
        await asyncio.gather(*(cancelled(number) for number in range(start, start + 20)))
    await drain()

    halves = await fetch("SELECT id FROM line GROUP BY id HAVING count(*) <> 2")
    assert halves == []
    await asyncio.wait_for(asyncio.gather(*(transaction(lambda: add_pair(-1)) for _ in range(20))), 10)
    assert (await fetch("SELECT count(*) AS n FROM line WHERE id = -1"))[0]["n"] == 40


async def test_cancelled_reads_never_block_the_database(ledger: str) -> None:
    for _ in range(CANCELS):
        read = asyncio.create_task(fetch("SELECT * FROM book"))
        await asyncio.sleep(random.random() * 0.001)
        read.cancel()
        await asyncio.gather(read, return_exceptions=True)

    assert await asyncio.wait_for(lines(), 5) == 0


async def test_foreign_keys_are_enforced(ledger: str) -> None:
    with pytest.raises(IntegrityError):
        await transaction(lambda: execute("INSERT INTO line VALUES (1, 99)"))

    assert await lines() == 0


async def test_waiting_too_long_for_a_lock_reports_a_busy_database(
    ledger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough = asyncio.Event()
    holders = 1 if dialect() == "sqlite" else 10
    holding = [asyncio.create_task(transaction(enough.wait)) for _ in range(holders)]
    await asyncio.sleep(0.5)
    monkeypatch.setattr(timeouts, "WAIT_SECONDS", 0.05)

    with pytest.raises(UnavailableError):
        await transaction(lambda: add_pair(1))
    with pytest.raises(UnavailableError):
        await lines()

    enough.set()
    await asyncio.gather(*holding)
    assert await lines() == 0


async def test_a_lost_connection_is_unavailable_and_the_next_request_is_served(ledger: str) -> None:
    lose = locked_by_another if dialect() == "sqlite" else lose_connection

    with pytest.raises(UnavailableError):
        await lose(ledger)

    await transaction(lambda: add_pair(1))
    assert await lines() == 2


async def locked_by_another(url: str) -> None:
    """Write while another connection holds the file's write lock."""
    await execute("PRAGMA busy_timeout = 10")
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite://"))) as other:
        other.execute("BEGIN IMMEDIATE")
        await transaction(lambda: add_pair(2))


async def lose_connection(_: str) -> None:
    """Lose the connection between two writes of a transaction."""

    async def verb() -> None:
        await add_pair(2)
        await execute("SELECT pg_terminate_backend(pg_backend_pid())")
        await add_pair(2)

    await transaction(verb)


def test_an_unreachable_database_is_unavailable() -> None:
    """Run in a separate process, because a process can use only one kind of database."""
    result = subprocess.run([sys.executable, "-c", UNREACHABLE], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "unavailable"


@pytest.mark.parametrize(
    ("url", "expected"),
    [("sqlite://deals.db", SafeSqlite), ("postgres://ada@localhost:5432/deals", SafePostgres)],
)
def test_each_database_has_its_own_connection_class(url: str, expected: type) -> None:
    assert get_client_class(tortoise_config(url)["connections"]["default"]) is expected


async def test_a_transaction_that_cannot_begin_releases_its_lock(
    ledger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(self: object) -> None:
        raise ConnectionResetError

    kind = "SafeSqliteTransaction" if dialect() == "sqlite" else "SafePostgresTransaction"
    with monkeypatch.context() as patch:
        patch.setattr(f"workflow.models.engine.connections.{kind}.begin", fail)
        for _ in range(20):
            with pytest.raises(ConnectionResetError):
                await transaction(lines)

    await transaction(lambda: add_pair(1))
    assert await lines() == 2
