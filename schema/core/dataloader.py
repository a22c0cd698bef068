"""Rows by key, each read once in a request: a table is asked when whatever else the page will ask of it is known."""

from asyncio import Future, Task, create_task, gather, get_running_loop, shield, sleep
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from enum import IntEnum
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")
Sought = TypeVar("Sought", contravariant=True)
Found = TypeVar("Found", covariant=True)
Ask = Callable[[list[Key]], Awaitable[Mapping[Key, Row]]]

MOST_KEYS = 10_000
"""Keys in one statement; SQLite and PostgreSQL bind about 32,000 values. A page of 100 deals may have many people."""
CALM = 8
"""Passes of the loop without a new wish after which none is to come; on a page with everything the longest way to one takes 4."""


class Turn(IntEnum):
    """When a table is asked: after those whose rows lead to its own."""

    DEALS = 1
    PARTS = 2
    LISTS = 3
    TALKS = 4
    PROCESSES = 5
    PEOPLE = 6
    TEAMS = 7


class Known(Protocol[Sought, Found]):
    """Whatever gives a row by its key."""

    def load(self, key: Sought) -> Awaitable[Found | None]:
        """The row, None where there is none."""
        ...


class Turns:
    """The loaders of one request that wait, one after another: one statement at a time, earlier turns first."""

    def __init__(self) -> None:
        self._waiting: dict[Loader[Any, Any], Future[None]] = {}
        self._wishes = 0
        self._going: Task[None] | None = None

    async def come(self, loader: "Loader[Any, Any]") -> None:
        """Wait until the loader has read what it was asked for."""
        self._wishes += 1
        if loader not in self._waiting:
            self._waiting[loader] = get_running_loop().create_future()
        if self._going is None:
            self._going = create_task(self._go())
        await shield(self._waiting[loader])

    async def _go(self) -> None:
        while self._waiting:
            await self._calm()
            turn = min(loader.turn for loader in self._waiting)
            for loader in [loader for loader in self._waiting if loader.turn is turn]:
                await self._read(loader)
        self._going = None

    async def _calm(self) -> None:
        """Let everything go on that can, until it waits for rows."""
        calm = 0
        while calm < CALM:
            wishes = self._wishes
            await sleep(0)
            calm = calm + 1 if wishes == self._wishes else 0

    async def _read(self, loader: "Loader[Any, Any]") -> None:
        waiting = self._waiting.pop(loader)
        if not loader.askers:
            return
        (fault,) = await gather(loader.read(), return_exceptions=True)
        if fault is None:
            waiting.set_result(None)
        else:
            waiting.set_exception(fault)


class Loader(Generic[Key, Row]):
    """The rows of one table that a request asked for; `askers` wait for more, and none where all were cancelled."""

    def __init__(self, turns: Turns, turn: Turn, ask: Ask[Key, Row]) -> None:
        self.turn, self.askers = turn, 0
        self._turns, self._ask = turns, ask
        self._rows: dict[Key, Row | None] = {}
        self._wished: dict[Key, None] = {}

    async def load(self, key: Key) -> Row | None:
        """The row, None where there is none."""
        return (await self.load_many([key]))[0]

    async def load_many(self, keys: Collection[Key]) -> list[Row | None]:
        """The rows in the order of the keys."""
        missing = [key for key in keys if key not in self._rows]
        if missing:
            self._wished.update(dict.fromkeys(missing))
            self.askers += 1
            try:
                await self._turns.come(self)
            finally:
                self.askers -= 1
        return [self._rows[key] for key in keys]

    def prime(self, rows: Mapping[Key, Row]) -> None:
        """Rows that came by another way."""
        self._rows.update(rows)

    async def read(self) -> None:
        """Read what is wished."""
        wished, self._wished = iter(self._wished), {}
        while keys := list(islice(wished, MOST_KEYS)):
            found = await self._ask(keys)
            self._rows.update({key: found.get(key) for key in keys})


async def sure(loader: Known[Key, Row], key: Key) -> Row:
    """The row that a foreign key promises."""
    row = await loader.load(key)
    if row is None:
        raise LookupError(f"A row that a foreign key names is not there: {key}.")
    return row
