"""A transaction survives cancelled requests, collisions and lost connections."""

import asyncio
import contextlib
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from tortoise.exceptions import IntegrityError

from tests.support.counts import count
from workflow.models.engine import timeouts
from workflow.models.engine.database import (
    DatabaseInUse,
    dialect,
    drain,
    execute,
    fetch,
    open_database,
    single_process,
    transaction,
)
from workflow.rules.errors import UnavailableError

CANCELS = count(1000)


@pytest.fixture
async def ledger(empty_database: str) -> AsyncIterator[str]:
    """An open database with a book and its lines."""
    async with open_database(empty_database, all_contexts=False):
        await execute("CREATE TABLE book (id INTEGER PRIMARY KEY, total INTEGER NOT NULL)")
        await execute("CREATE TABLE line (id INTEGER, book_id INTEGER NOT NULL REFERENCES book (id))")
        await execute("INSERT INTO book VALUES (1, 0), (2, 0)")
        yield empty_database


async def lines() -> int:
    return int((await fetch("SELECT count(*) AS n FROM line"))[0]["n"])


async def add_pair(number: int) -> None:
    """Two lines of one number, with a thought between."""
    await execute("INSERT INTO line VALUES ($1, 1)", number)
    await fetch("SELECT total FROM book WHERE id = $1", 1)
    await execute("INSERT INTO line VALUES ($1, 2)", number)


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


async def test_a_started_transaction_commits_after_its_request_is_cancelled(ledger: str) -> None:
    begun = asyncio.Event()

    async def verb() -> None:
        begun.set()
        await add_pair(1)

    request = asyncio.create_task(transaction(verb))
    await begun.wait()
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    await drain()

    assert request.cancelled()
    assert await lines() == 2


async def test_a_failing_transaction_rolls_back(ledger: str) -> None:
    async def verb() -> None:
        await add_pair(1)
        raise LookupError("refused")

    with pytest.raises(LookupError, match="refused"):
        await transaction(verb)

    assert await lines() == 0


async def test_a_nested_transaction_is_a_savepoint(ledger: str) -> None:
    async def refused() -> None:
        await add_pair(2)
        raise LookupError

    async def verb() -> None:
        await add_pair(1)
        with pytest.raises(LookupError):
            await transaction(refused)

    await transaction(verb)

    assert await fetch("SELECT DISTINCT id FROM line") == [{"id": 1}]


async def test_foreign_keys_are_enforced(ledger: str) -> None:
    with pytest.raises(IntegrityError):
        await transaction(lambda: execute("INSERT INTO line VALUES (1, 99)"))

    assert await lines() == 0


async def test_a_write_returns_its_row_count(ledger: str) -> None:
    assert await execute("UPDATE book SET total = $1", 5) == 2
    assert await execute("INSERT INTO line VALUES ($1, $2)", 1, 1) == 1
    assert await execute("DELETE FROM line WHERE id = $1", 77) == 0


async def test_deadlocked_transactions_are_retried(ledger: str) -> None:
    async def raise_totals(first: int, second: int) -> None:
        await execute("UPDATE book SET total = total + 1 WHERE id = $1", first)
        await asyncio.sleep(0.01)
        await execute("UPDATE book SET total = total + 1 WHERE id = $1", second)

    await asyncio.gather(
        *(transaction(lambda: raise_totals(1, 2)) for _ in range(2)), transaction(lambda: raise_totals(2, 1))
    )

    assert await fetch("SELECT total FROM book ORDER BY id") == [{"total": 3}, {"total": 3}]


async def test_waiting_too_long_for_a_lock_reports_a_busy_database(
    ledger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough, holders = asyncio.Event(), 1 if dialect() == "sqlite" else 10
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
    """Ask while another process keeps the file's write lock."""
    await execute("PRAGMA busy_timeout = 10")
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite://"))) as other:
        other.execute("BEGIN IMMEDIATE")
        await transaction(lambda: add_pair(2))


async def lose_connection(_: str) -> None:
    """Lose the connection between two writes of a verb."""

    async def verb() -> None:
        await add_pair(2)
        await execute("SELECT pg_terminate_backend(pg_backend_pid())")
        await add_pair(2)

    await transaction(verb)


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


def test_an_unreachable_database_is_unavailable() -> None:
    """In a process of its own, for a process speaks one dialect only."""
    result = subprocess.run([sys.executable, "-c", UNREACHABLE], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "unavailable"


async def test_sqlite_is_served_by_one_process(tmp_path: os.PathLike[str]) -> None:
    url = f"sqlite://{os.fspath(tmp_path)}/new/deals.db"

    with single_process(url), pytest.raises(DatabaseInUse, match=r"deals\.db"), single_process(url):
        pytest.fail("served twice")
    with single_process(url):
        pass
