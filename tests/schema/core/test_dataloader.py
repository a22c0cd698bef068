"""Rows that a page asks for one by one: read once, with all that is asked of their table, and given to who still waits."""

from asyncio import CancelledError, create_task, gather, sleep

import pytest

from schema.core.dataloader import BatchScheduler, Loader, LoadPhase


class Table:
    """A table that tells what it was asked, and of which one row is missing."""

    def __init__(self, turns: BatchScheduler, turn: LoadPhase = LoadPhase.PARTS) -> None:
        self.asked: list[list[str]] = []
        self.broken = False
        self.loader: Loader[str, str] = Loader(turns, turn, self._ask)

    async def _ask(self, keys: list[str]) -> dict[str, str]:
        self.asked.append(keys)
        await sleep(0)
        if self.broken:
            raise OSError("The database went away.")
        return {key: key.upper() for key in keys if key != "missing"}


async def test_rows_requested_together_are_read_in_one_batch_once_per_request() -> None:
    table = Table(BatchScheduler())

    values = await gather(table.loader.load("a"), table.loader.load_many(["b", "missing"]), table.loader.load("a"))
    again = await table.loader.load_many(["missing", "a"])

    assert list(values) == ["A", ["B", None], "A"]
    assert again == [None, "A"]
    assert table.asked == [["a", "b", "missing"]]


async def test_a_table_waits_for_the_tables_that_lead_to_it() -> None:
    turns = BatchScheduler()
    people = Table(turns, LoadPhase.PEOPLE)
    parts = Table(turns, LoadPhase.PARTS)

    async def through(key: str) -> str | None:
        return await people.loader.load(await parts.loader.load(key) or key)

    values = await gather(people.loader.load("owner"), through("a"), through("b"))

    assert list(values) == ["OWNER", "A", "B"]
    assert (parts.asked, people.asked) == ([["a", "b"]], [["owner", "A", "B"]])


async def test_requests_do_not_share_loaded_rows() -> None:
    one = Table(BatchScheduler())
    other = Table(BatchScheduler())

    await gather(one.loader.load("a"), other.loader.load("a"))

    assert (one.asked, other.asked) == ([["a"]], [["a"]])


async def test_a_failing_batch_fails_only_its_own_waiters() -> None:
    turns = BatchScheduler()
    broken = Table(turns)
    whole = Table(turns)
    broken.broken = True

    *faults, row = await gather(
        broken.loader.load("a"), broken.loader.load("b"), whole.loader.load("a"), return_exceptions=True
    )

    assert [str(fault) for fault in faults] == ["The database went away."] * 2
    assert row == "A"
    broken.broken = False
    assert await broken.loader.load("a") == "A"


async def test_a_cancelled_waiter_does_not_affect_the_others() -> None:
    table = Table(BatchScheduler())
    leaving = create_task(table.loader.load("a"))
    staying = create_task(table.loader.load("a"))
    await sleep(0)

    leaving.cancel()

    assert await staying == "A"
    with pytest.raises(CancelledError):
        await leaving


async def test_a_batch_without_waiters_is_not_read() -> None:
    turns = BatchScheduler()
    left = Table(turns, LoadPhase.DEALS)
    kept = Table(turns, LoadPhase.PARTS)
    leaving = create_task(left.loader.load("a"))
    staying = create_task(kept.loader.load("a"))
    await sleep(0)

    leaving.cancel()

    assert await staying == "A"
    assert left.asked == []
