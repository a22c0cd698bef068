"""The data loader: rows that are requested one by one are read in batches, in the order of the phases."""

from asyncio import CancelledError, create_task, gather, sleep

import pytest

from schema.core.dataloader import BatchScheduler, Loader, LoadPhase


class Table:
    """A table that records the keys of each batch; the row of the key `missing` does not exist."""

    def __init__(self, scheduler: BatchScheduler, phase: LoadPhase = LoadPhase.PARTS) -> None:
        self.batches: list[list[str]] = []
        self.broken = False
        self.loader: Loader[str, str] = Loader(scheduler, phase, self._fetch)

    async def _fetch(self, keys: list[str]) -> dict[str, str]:
        self.batches.append(keys)
        await sleep(0)
        if self.broken:
            raise OSError("The database went away.")
        return {key: key.upper() for key in keys if key != "missing"}


async def test_rows_requested_together_are_read_in_one_batch_once_per_request() -> None:
    table = Table(BatchScheduler())

    values = await gather(
        table.loader.load("a"), table.loader.load_many(["b", "missing"]), table.loader.load("a")
    )
    again = await table.loader.load_many(["missing", "a"])

    assert list(values) == ["A", ["B", None], "A"]
    assert again == [None, "A"]
    assert table.batches == [["a", "b", "missing"]]


async def test_a_table_waits_for_the_tables_that_lead_to_it() -> None:
    scheduler = BatchScheduler()
    people = Table(scheduler, LoadPhase.PEOPLE)
    parts = Table(scheduler, LoadPhase.PARTS)

    async def through(key: str) -> str | None:
        return await people.loader.load(await parts.loader.load(key) or key)

    values = await gather(people.loader.load("owner"), through("a"), through("b"))

    assert list(values) == ["OWNER", "A", "B"]
    assert (parts.batches, people.batches) == ([["a", "b"]], [["owner", "A", "B"]])


async def test_requests_do_not_share_loaded_rows() -> None:
    one = Table(BatchScheduler())
    other = Table(BatchScheduler())

    await gather(one.loader.load("a"), other.loader.load("a"))

    assert (one.batches, other.batches) == ([["a"]], [["a"]])


async def test_a_failing_batch_fails_only_its_own_waiters() -> None:
    scheduler = BatchScheduler()
    broken = Table(scheduler)
    sound = Table(scheduler)
    broken.broken = True

    *faults, row = await gather(
        broken.loader.load("a"), broken.loader.load("b"), sound.loader.load("a"), return_exceptions=True
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
    scheduler = BatchScheduler()
    left = Table(scheduler, LoadPhase.DEALS)
    kept = Table(scheduler, LoadPhase.PARTS)
    leaving = create_task(left.loader.load("a"))
    staying = create_task(kept.loader.load("a"))
    await sleep(0)

    leaving.cancel()

    assert await staying == "A"
    assert left.batches == []


async def test_a_combined_loader_waits_for_other_loaders_without_blocking_them() -> None:
    scheduler = BatchScheduler()
    parts = Table(scheduler, LoadPhase.PARTS)
    people = Table(scheduler, LoadPhase.PEOPLE)
    combined: list[list[str]] = []

    async def fetch(keys: list[str]) -> dict[str, str]:
        combined.append(keys)
        rows = await parts.loader.load_many(keys)
        owners = await people.loader.load_many(keys)
        return {key: f"{row}+{owner}" for key, row, owner in zip(keys, rows, owners, strict=True)}

    facts: Loader[str, str] = Loader(scheduler, LoadPhase.COMBINED, fetch)

    values = await gather(facts.load("a"), facts.load("b"), people.loader.load("c"))

    assert list(values) == ["A+A", "B+B", "C"]
    assert (combined, parts.batches, people.batches) == ([["a", "b"]], [["a", "b"]], [["c", "a", "b"]])


async def test_a_row_that_a_running_batch_combines_is_not_combined_again() -> None:
    scheduler = BatchScheduler()
    parts = Table(scheduler, LoadPhase.PARTS)
    people = Table(scheduler, LoadPhase.PEOPLE)
    combined: list[list[str]] = []

    async def fetch(keys: list[str]) -> dict[str, str]:
        combined.append(keys)
        await parts.loader.load_many(keys)
        return {key: f"{row}!" for key, row in zip(keys, await people.loader.load_many(keys), strict=True)}

    facts: Loader[str, str] = Loader(scheduler, LoadPhase.COMBINED, fetch)

    async def after_parts(key: str) -> str | None:
        await parts.loader.load("x")
        return await facts.load(key)

    assert list(await gather(facts.load("a"), after_parts("a"), after_parts("b"))) == ["A!", "A!", "B!"]
    assert combined == [["a"], ["b"]]
