"""Transactions: they commit or roll back as a whole, whatever happens to their caller."""

import asyncio

import pytest

from tests.models.engine.ledger import add_pair, lines
from workflow.models.engine.database import drain, execute, fetch, transaction


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


async def test_deadlocked_transactions_are_retried(ledger: str) -> None:
    async def raise_totals(first: int, second: int) -> None:
        await execute("UPDATE book SET total = total + 1 WHERE id = $1", first)
        await asyncio.sleep(0.01)
        await execute("UPDATE book SET total = total + 1 WHERE id = $1", second)

    await asyncio.gather(
        *(transaction(lambda: raise_totals(1, 2)) for _ in range(2)), transaction(lambda: raise_totals(2, 1))
    )

    assert await fetch("SELECT total FROM book ORDER BY id") == [{"total": 3}, {"total": 3}]
