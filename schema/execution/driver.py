"""The driver: it runs the coroutines of one response, without a task of the event loop for each.

A coroutine stops at one of three points. At `all_of` it waits for other coroutines. At `rows_of` it waits for
a batch, which the driver reads once no coroutine can go on without rows, so that one statement serves all of
them. At anything else, such as the answer of the database, the whole response waits.
"""

from collections import deque
from collections.abc import Coroutine, Generator, Sequence
from typing import Any, Generic, Protocol, TypeVar

Value = TypeVar("Value")
Work = Coroutine[Any, Any, Value]


class Batch(Protocol):
    """Keys that are read together. Of several batches, the one of the lowest phase is read first."""

    @property
    def phase(self) -> int:
        """The place of the batch in the order of reading."""
        ...

    async def read(self) -> None:
        """Read all keys that were requested until now."""
        ...


class rows_of:  # reads like a function
    """Await a batch: go on when it has been read."""

    __slots__ = ("batch",)

    def __init__(self, batch: Batch) -> None:
        self.batch = batch

    def __await__(self) -> Generator[Any, Any, None]:
        yield self


class Raised:
    """The exception that one of several coroutines ended with."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


class all_of(Generic[Value]):  # reads like a function
    """Await several coroutines; return the result of each, or `Raised` for one that failed."""

    __slots__ = ("works",)

    def __init__(self, works: Sequence[Work[Value]]) -> None:
        self.works = works

    def __await__(self) -> Generator[Any, Any, list[Value | Raised]]:
        if not self.works:
            return []
        results: list[Value | Raised] = yield self
        return results


async def gather_all(works: Sequence[Work[Value]]) -> list[Value]:
    """Await several coroutines and return their results; raise the first error, once all have ended."""
    if len(works) == 1:
        return [await works[0]]
    results: list[Value] = []
    for result in await all_of(works):
        if isinstance(result, Raised):
            raise result.error
        results.append(result)
    return results


class _Wait:
    """Yields what a driven coroutine has yielded to the event loop, unchanged."""

    __slots__ = ("future",)

    def __init__(self, future: Any) -> None:
        self.future = future

    def __await__(self) -> Generator[Any, Any, Any]:
        return (yield self.future)


class _Task:
    """A coroutine, and the task that waits for it."""

    __slots__ = ("index", "parent", "remaining", "results", "work")

    def __init__(self, work: Work[Any], parent: "_Task | None", index: int) -> None:
        self.work = work
        self.parent = parent
        self.index = index
        self.results: list[Any] = []
        self.remaining = 0


class Driver:
    """Runs the coroutines of one response. `stepping` is true while one of them runs."""

    def __init__(self) -> None:
        self.stepping = False
        self._ready: deque[tuple[_Task, Any]] = deque()
        self._waiting: dict[Any, list[_Task]] = {}
        self._reading: set[Any] = set()
        self._unfinished: set[_Task] = set()

    async def run(self, work: Work[Value]) -> Value:
        """Run a coroutine, and those that it waits for, until it ends."""
        root = _Task(work, None, 0)
        self._start(root)
        try:
            while True:
                while self._ready:
                    task, value = self._ready.popleft()
                    await self._step(task, value)
                if root not in self._unfinished:
                    break
                self._start_next_batch()
        finally:
            self._close()
        (result,) = root.results
        if isinstance(result, Raised):
            raise result.error
        return result  # type: ignore[no-any-return]

    async def gather(self, *works: Work[Any]) -> list[Any]:  # Any: each result has a type of its own
        """Await several coroutines and return their results: side by side while this driver runs them."""
        if self.stepping:
            return await gather_all(works)
        return [await work for work in works]

    def _start(self, task: _Task) -> None:
        self._unfinished.add(task)
        self._ready.append((task, None))

    async def _step(self, task: _Task, value: Any) -> None:
        """Run a task until it ends or waits for another task or for a batch."""
        work = task.work
        error: BaseException | None = value.error if type(value) is Raised else None
        while True:
            self.stepping = True
            try:
                wanted = work.send(value) if error is None else work.throw(error)
            except StopIteration as end:
                return self._finish(task, end.value)
            except Exception as raised:
                return self._finish(task, Raised(raised))
            finally:
                self.stepping = False
            if type(wanted) is all_of:
                return self._fork(task, wanted.works)
            if type(wanted) is rows_of:
                self._waiting.setdefault(wanted.batch, []).append(task)
                return None
            value = None
            error = None
            try:
                value = await _Wait(wanted)
            except BaseException as raised:
                error = raised

    def _fork(self, task: _Task, works: Sequence[Work[Any]]) -> None:
        task.results = [None] * len(works)
        task.remaining = len(works)
        for index, work in enumerate(works):
            self._start(_Task(work, task, index))

    def _finish(self, task: _Task, result: Any) -> None:
        self._unfinished.discard(task)
        parent = task.parent
        if parent is None:
            task.results = [result]
            return
        parent.results[task.index] = result
        parent.remaining -= 1
        if not parent.remaining:
            self._ready.append((parent, parent.results))

    def _start_next_batch(self) -> None:
        """Read the batch of the lowest phase; its waiters go on when it has ended."""
        # A batch that is being read waits for other batches. Those who wait for it now want its next read.
        batch = min(self._waiting.keys() - self._reading, key=lambda waited: waited.phase)
        waiters = self._waiting.pop(batch)
        self._reading.add(batch)
        self._start(_Task(self._read(batch, waiters), None, 0))

    async def _read(self, batch: Batch, waiters: list[_Task]) -> None:
        try:
            await batch.read()
        except Exception as error:
            self._ready.extend((waiter, Raised(error)) for waiter in waiters)
        else:
            self._ready.extend((waiter, None) for waiter in waiters)
        finally:
            self._reading.discard(batch)

    def _close(self) -> None:
        """Close the coroutines that have not ended, because the response was cancelled."""
        for task in self._unfinished:
            task.work.close()
        self._unfinished.clear()
        self._ready.clear()
        self._waiting.clear()
        self._reading.clear()
