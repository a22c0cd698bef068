"""The data loader: rows that are requested one by one are read in batches, in the order of the phases."""

from asyncio import sleep
from typing import Any

import pytest

from schema.core.dataloader import Loader, LoadPhase, load_all_required, load_required
from schema.execution.driver import Driver, Raised, Work, all_of


class Table:
    """A table that records the keys of each batch; the row of the key `missing` does not exist."""

    def __init__(self, driver: Driver, phase: LoadPhase = LoadPhase.PARTS) -> None:
        self.batches: list[list[str]] = []
        self.broken = False
        self.loader: Loader[str, str] = Loader(driver, phase, self._fetch)

    async def _fetch(self, keys: list[str]) -> dict[str, str]:
        self.batches.append(keys)
        await sleep(0)
        if self.broken:
            raise OSError("The database went away.")
        return {key: key.upper() for key in keys if key != "missing"}


async def side_by_side(works: list[Work[Any]]) -> list[Any]:
    """Await several coroutines; return their results."""
    return await all_of(works)


@pytest.fixture
def driver() -> Driver:
    """Return a driver of its own for each test."""
    return Driver()


async def test_rows_requested_together_are_read_in_one_batch_once_per_request(driver: Driver) -> None:
    table = Table(driver)

    values = await driver.run(
        side_by_side(
            [table.loader.load("a"), table.loader.load_many(["b", "missing"]), table.loader.load("a")]
        )
    )
    again = await driver.run(table.loader.load_many(["missing", "a"]))

    assert values == ["A", ["B", None], "A"]
    assert again == [None, "A"]
    assert table.batches == [["a", "b", "missing"]]


async def test_a_table_waits_for_the_tables_that_lead_to_it(driver: Driver) -> None:
    people = Table(driver, LoadPhase.PEOPLE)
    parts = Table(driver, LoadPhase.PARTS)

    async def through(key: str) -> str | None:
        return await people.loader.load(await parts.loader.load(key) or key)

    values = await driver.run(side_by_side([people.loader.load("owner"), through("a"), through("b")]))

    assert values == ["OWNER", "A", "B"]
    assert (parts.batches, people.batches) == ([["a", "b"]], [["owner", "A", "B"]])


async def test_requests_do_not_share_loaded_rows() -> None:
    one = Table(Driver())
    other = Table(Driver())

    await one.loader.load("a")
    await other.loader.load("a")

    assert (one.batches, other.batches) == ([["a"]], [["a"]])


async def test_a_failing_batch_fails_only_its_own_waiters(driver: Driver) -> None:
    broken = Table(driver)
    sound = Table(driver)
    broken.broken = True

    *faults, row = await driver.run(
        side_by_side([broken.loader.load("a"), broken.loader.load("b"), sound.loader.load("a")])
    )

    assert [str(fault.error) for fault in faults if isinstance(fault, Raised)] == [
        "The database went away."
    ] * 2
    assert row == "A"
    broken.broken = False
    assert await broken.loader.load("a") == "A"


async def test_outside_the_executor_a_loader_reads_at_once(driver: Driver) -> None:
    table = Table(driver)

    assert await table.loader.load("a") == "A"
    assert await table.loader.load_each(["b", None, "a", "missing"]) == ["B", None, "A", None]

    assert table.batches == [["a"], ["b", "missing"]]


async def test_a_combined_loader_waits_for_other_loaders_without_blocking_them(driver: Driver) -> None:
    parts = Table(driver, LoadPhase.PARTS)
    people = Table(driver, LoadPhase.PEOPLE)
    combined: list[list[str]] = []

    async def fetch(keys: list[str]) -> dict[str, str]:
        combined.append(keys)
        rows = await parts.loader.load_many(keys)
        owners = await people.loader.load_many(keys)
        return {key: f"{row}+{owner}" for key, row, owner in zip(keys, rows, owners, strict=True)}

    facts: Loader[str, str] = Loader(driver, LoadPhase.FACTS, fetch)

    values = await driver.run(side_by_side([facts.load("a"), facts.load("b"), people.loader.load("c")]))

    assert values == ["A+A", "B+B", "C"]
    assert (combined, parts.batches, people.batches) == ([["a", "b"]], [["a", "b"]], [["c", "a", "b"]])


async def test_a_row_that_a_running_batch_combines_is_not_combined_again(driver: Driver) -> None:
    parts = Table(driver, LoadPhase.PARTS)
    people = Table(driver, LoadPhase.PEOPLE)
    combined: list[list[str]] = []

    async def fetch(keys: list[str]) -> dict[str, str]:
        combined.append(keys)
        await parts.loader.load_many(keys)
        return {key: f"{row}!" for key, row in zip(keys, await people.loader.load_many(keys), strict=True)}

    facts: Loader[str, str] = Loader(driver, LoadPhase.FACTS, fetch)

    async def after_parts(key: str) -> str | None:
        await parts.loader.load("x")
        return await facts.load(key)

    assert await driver.run(side_by_side([facts.load("a"), after_parts("a"), after_parts("b")])) == [
        "A!",
        "A!",
        "B!",
    ]
    assert combined == [["a"], ["b"]]


async def test_a_missing_row_of_a_foreign_key_is_an_error(driver: Driver) -> None:
    table = Table(driver)

    assert await load_all_required(table.loader, ["a", "b"]) == ["A", "B"]
    with pytest.raises(LookupError):
        await load_required(table.loader, "missing")
    with pytest.raises(LookupError):
        await load_all_required(table.loader, ["a", "missing"])
