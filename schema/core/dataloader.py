"""The data loader: rows by key, read once a request and in as few statements as possible.

Inside the executor a loader does not read at once: its keys wait until no resolver can go on without rows,
so that one statement reads all of them. Of the loaders that wait, the one of the earliest phase reads first.
Anywhere else a loader reads the keys that it is asked for.
"""

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from enum import IntEnum
from itertools import islice
from typing import Generic, Protocol, TypeVar

from schema.execution.driver import Driver, rows_of

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")
Key_contra = TypeVar("Key_contra", contravariant=True)
Row_co = TypeVar("Row_co", covariant=True)
BatchFetch = Callable[[list[Key]], Awaitable[Mapping[Key, Row]]]

MAX_KEYS = 10_000
"""The keys of one statement. SQLite and PostgreSQL bind at most about 32,000 values."""


class LoadPhase(IntEnum):
    """The order in which loaders read: the rows of an earlier phase lead to keys of a later one.

    FACTS come before PARTS, because they contain all parts of a deal.
    """

    DEALS = 0
    FACTS = 1
    PARTS = 2
    LISTS = 3
    CONVERSATIONS = 4
    PROCESSES = 5
    PEOPLE = 6
    TEAMS = 7


class SupportsLoad(Protocol[Key_contra, Row_co]):
    """An object that loads a row by its key."""

    def load(self, key: Key_contra) -> Awaitable[Row_co | None]:
        """Return the row, or None if there is none."""
        ...


class Loader(Generic[Key, Row]):
    """The rows of one table in one request."""

    def __init__(self, driver: Driver, phase: LoadPhase, fetch: BatchFetch[Key, Row]) -> None:
        self.phase = phase
        self._driver = driver
        self._fetch = fetch
        self._rows: dict[Key, Row | None] = {}
        self._pending: dict[Key, None] = {}

    async def load(self, key: Key) -> Row | None:
        """Return the row, or None if there is none."""
        if key not in self._rows:
            await self._read_missing([key])
        return self._rows[key]

    async def load_many(self, keys: Collection[Key]) -> list[Row | None]:
        """Return the rows in the order of the keys, None for each that is missing."""
        missing = [key for key in keys if key not in self._rows]
        if missing:
            await self._read_missing(missing)
        return [self._rows[key] for key in keys]

    async def load_each(self, keys: Sequence[Key | None]) -> list[Row | None]:
        """Return the rows in the order of the keys; None for a key of None, and for a missing row."""
        missing = [key for key in keys if key is not None and key not in self._rows]
        if missing:
            await self._read_missing(missing)
        return [None if key is None else self._rows[key] for key in keys]

    def prime(self, rows: Mapping[Key, Row]) -> None:
        """Store rows that another query has read."""
        self._rows.update(rows)

    async def read(self) -> None:
        """Read the keys that wait, except those that a batch before this one has read."""
        pending = iter([key for key in self._pending if key not in self._rows])
        self._pending = {}
        while keys := list(islice(pending, MAX_KEYS)):
            found = await self._fetch(keys)
            self._rows.update({key: found.get(key) for key in keys})

    async def _read_missing(self, keys: list[Key]) -> None:
        self._pending.update(dict.fromkeys(keys))
        await (rows_of(self) if self._driver.stepping else self.read())


async def load_all_required(loader: "Loader[Key, Row]", keys: Sequence[Key]) -> list[Row]:
    """Return the rows that foreign keys refer to, in their order."""
    rows = [row for row in await loader.load_many(keys) if row is not None]
    if len(rows) < len(keys):
        raise LookupError("The row of a foreign key is missing.")
    return rows


async def load_required(loader: SupportsLoad[Key, Row], key: Key) -> Row:
    """Return the row that a foreign key refers to."""
    row = await loader.load(key)
    if row is None:
        raise LookupError(f"The row of a foreign key is missing: {key}.")
    return row
