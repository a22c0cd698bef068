"""The data loader: rows by key, read once a request and in as few statements as possible.

A loader does not read at once. It waits until no coroutine of the request can go on without rows, so that it
knows all keys that the page asks of its table. Then the loaders read one after another, in the order of
`LoadPhase`: the rows of an earlier phase lead to keys of a later one.
"""

from asyncio import Future, Task, create_task, gather, get_running_loop, shield, sleep
from collections.abc import Awaitable, Callable, Collection, Coroutine, Hashable, Mapping
from enum import IntEnum
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")
Key_contra = TypeVar("Key_contra", contravariant=True)
Row_co = TypeVar("Row_co", covariant=True)
BatchFetch = Callable[[list[Key]], Awaitable[Mapping[Key, Row]]]

MAX_KEYS = 10_000
"""The keys of one statement. SQLite and PostgreSQL bind at most about 32,000 values."""
IDLE_PASSES = 8
"""The passes of the event loop without a new request that end a batch; a full page needs 4 at most."""


class LoadPhase(IntEnum):
    """The order in which loaders read. COMBINED ones read nothing themselves: they combine rows of others."""

    COMBINED = 0
    DEALS = 1
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


class BatchScheduler:
    """The loaders of one request that have something to read, one statement at a time."""

    def __init__(self) -> None:
        self._waiting: dict[Loader[Any, Any], Future[None]] = {}
        self._requests = 0
        self._task: Task[None] | None = None
        self._combining: dict[Loader[Any, Any], Task[None]] = {}

    async def wait_for(self, loader: "Loader[Any, Any]") -> None:
        """Wait until the loader has read its pending keys."""
        self._requests += 1
        if loader not in self._waiting:
            self._waiting[loader] = get_running_loop().create_future()
        if self._task is None:
            self._task = create_task(self._run())
        await shield(self._waiting[loader])

    async def _run(self) -> None:
        while self._waiting:
            await self._wait_until_idle()
            ready = [loader for loader in self._waiting if loader not in self._combining]
            phase = min((loader.phase for loader in ready), default=None)
            for loader in [loader for loader in ready if loader.phase is phase]:
                batch = self._run_batch(loader, self._waiting.pop(loader))
                if phase is LoadPhase.COMBINED:
                    self._start(loader, batch)
                else:
                    await batch
        self._task = None

    async def _wait_until_idle(self) -> None:
        """Wait until every coroutine that can go on has done so."""
        idle = 0
        while idle < IDLE_PASSES:
            requests = self._requests
            await sleep(0)
            idle = idle + 1 if requests == self._requests else 0

    def _start(self, loader: "Loader[Any, Any]", batch: Coroutine[Any, Any, None]) -> None:
        # A combined loader waits for other loaders: if the scheduler waited for it, neither would go on.
        self._combining[loader] = create_task(batch)
        self._combining[loader].add_done_callback(lambda _: self._combining.pop(loader))

    async def _run_batch(self, loader: "Loader[Any, Any]", future: Future[None]) -> None:
        if not loader.waiters:
            return
        (error,) = await gather(loader.load_pending(), return_exceptions=True)
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


class Loader(Generic[Key, Row]):
    """The rows of one table in one request; `waiters` counts the callers that wait for a batch."""

    def __init__(self, scheduler: BatchScheduler, phase: LoadPhase, fetch: BatchFetch[Key, Row]) -> None:
        self.phase = phase
        self.waiters = 0
        self._scheduler = scheduler
        self._fetch = fetch
        self._rows: dict[Key, Row | None] = {}
        self._pending: dict[Key, None] = {}

    async def load(self, key: Key) -> Row | None:
        """Return the row, or None if there is none."""
        return (await self.load_many([key]))[0]

    async def load_many(self, keys: Collection[Key]) -> list[Row | None]:
        """Return the rows in the order of the keys, None for each that is missing."""
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
        """Store rows that another query has read."""
        self._rows.update(rows)

    async def load_pending(self) -> None:
        """Read the pending keys, except those that a batch before this one has read."""
        pending = iter([key for key in self._pending if key not in self._rows])
        self._pending = {}
        while keys := list(islice(pending, MAX_KEYS)):
            found = await self._fetch(keys)
            self._rows.update({key: found.get(key) for key in keys})


async def load_required(loader: SupportsLoad[Key, Row], key: Key) -> Row:
    """Return the row that a foreign key refers to."""
    row = await loader.load(key)
    if row is None:
        raise LookupError(f"The row of a foreign key is missing: {key}.")
    return row
