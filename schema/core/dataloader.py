"""Rows by key, each read once in a request: a table is asked when whatever else the page will ask of it is known."""

from asyncio import Future, Task, create_task, gather, get_running_loop, shield, sleep
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from enum import IntEnum
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")
Key_contra = TypeVar("Key_contra", contravariant=True)
Row_co = TypeVar("Row_co", covariant=True)
BatchFetch = Callable[[list[Key]], Awaitable[Mapping[Key, Row]]]

MAX_KEYS = 10_000
"""Keys in one statement; SQLite and PostgreSQL bind about 32,000 values. A page of 100 deals may have many people."""
IDLE_PASSES = 8
"""Passes of the loop without a new wish after which none is to come; on a page with everything the longest way to one takes 4."""


class LoadPhase(IntEnum):
    """When a table is asked: after those whose rows lead to its own."""

    DEALS = 1
    PARTS = 2
    LISTS = 3
    TALKS = 4
    PROCESSES = 5
    PEOPLE = 6
    TEAMS = 7


class SupportsLoad(Protocol[Key_contra, Row_co]):
    """Whatever gives a row by its key."""

    def load(self, key: Key_contra) -> Awaitable[Row_co | None]:
        """The row, None where there is none."""
        ...


class BatchScheduler:
    """The loaders of one request that wait, one after another: one statement at a time, earlier turns first."""

    def __init__(self) -> None:
        self._waiting: dict[Loader[Any, Any], Future[None]] = {}
        self._requests = 0
        self._task: Task[None] | None = None

    async def wait_for(self, loader: "Loader[Any, Any]") -> None:
        """Wait until the loader has read what it was asked for."""
        self._requests += 1
        if loader not in self._waiting:
            self._waiting[loader] = get_running_loop().create_future()
        if self._task is None:
            self._task = create_task(self._run())
        await shield(self._waiting[loader])

    async def _run(self) -> None:
        while self._waiting:
            await self._wait_until_idle()
            phase = min(loader.phase for loader in self._waiting)
            for loader in [loader for loader in self._waiting if loader.phase is phase]:
                await self._run_batch(loader)
        self._task = None

    async def _wait_until_idle(self) -> None:
        """Let everything go on that can, until it waits for rows."""
        idle = 0
        while idle < IDLE_PASSES:
            requests = self._requests
            await sleep(0)
            idle = idle + 1 if requests == self._requests else 0

    async def _run_batch(self, loader: "Loader[Any, Any]") -> None:
        future = self._waiting.pop(loader)
        if not loader.waiters:
            return
        (error,) = await gather(loader.load_pending(), return_exceptions=True)
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


class Loader(Generic[Key, Row]):
    """The rows of one table that a request asked for; `askers` wait for more, and none where all were cancelled."""

    def __init__(self, scheduler: BatchScheduler, phase: LoadPhase, fetch: BatchFetch[Key, Row]) -> None:
        self.phase, self.waiters = phase, 0
        self._scheduler, self._fetch = scheduler, fetch
        self._rows: dict[Key, Row | None] = {}
        self._pending: dict[Key, None] = {}

    async def load(self, key: Key) -> Row | None:
        """The row, None where there is none."""
        return (await self.load_many([key]))[0]

    async def load_many(self, keys: Collection[Key]) -> list[Row | None]:
        """The rows in the order of the keys."""
        missing = [key for key in keys if key not in self._rows]
        if missing:
            self._pending.update(dict.fromkeys(missing))
            self.waiters += 1
            try:
                await self._scheduler.wait_for(self)
            finally:
                self.waiters -= 1
        return [self._rows[key] for key in keys]

    def prime(self, rows: Mapping[Key, Row]) -> None:
        """Rows that came by another way."""
        self._rows.update(rows)

    async def load_pending(self) -> None:
        """Read what is wished."""
        pending, self._pending = iter(self._pending), {}
        while keys := list(islice(pending, MAX_KEYS)):
            found = await self._fetch(keys)
            self._rows.update({key: found.get(key) for key in keys})


async def load_required(loader: SupportsLoad[Key, Row], key: Key) -> Row:
    """The row that a foreign key promises."""
    row = await loader.load(key)
    if row is None:
        raise LookupError(f"A row that a foreign key names is not there: {key}.")
    return row
