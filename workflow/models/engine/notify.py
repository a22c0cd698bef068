"""The doorbell: rung after a commit that told a fact, so that whoever follows the feed looks at once and not at the next poll.

In one process it is an event; between the processes of a PostgreSQL it is NOTIFY, on a connection of its own and never inside a
transaction, where it would make writers wait for one another. A ring that is lost costs a poll's time and nothing else.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass

import asyncpg

from workflow.models.engine.timeouts import LOST

logger = logging.getLogger("pursuit.feed")

CHANNEL = "pursuit_feed"


@dataclass
class Bell:
    """Whether the transaction under way has told something."""

    pulled: bool = False


_bell: ContextVar[Bell | None] = ContextVar("bell", default=None)
_at_the_door: set[asyncio.Event] = set()


@contextmanager
def ringing() -> Iterator[Bell]:
    """A transaction's own bell; it rings by `ring` when the transaction has committed."""
    bell, before = Bell(), _bell.get()
    _bell.set(bell)
    try:
        yield bell
    finally:
        _bell.set(before)


def pull() -> None:
    """Say that the transaction under way tells a fact."""
    bell = _bell.get()
    if bell is not None:
        bell.pulled = True


def ring() -> None:
    """Wake whoever listens in this process; many rings before they look are one."""
    for listener in _at_the_door:
        listener.set()


@contextmanager
def listening() -> Iterator[asyncio.Event]:
    """An event that each ring sets."""
    listener = asyncio.Event()
    _at_the_door.add(listener)
    try:
        yield listener
    finally:
        _at_the_door.discard(listener)


class Wire:
    """Rings at the other processes, and hears them; however many commits there are, one NOTIFY is under way."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._connection: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()
        self._hears = self._due = False
        self._sending: asyncio.Task[None] | None = None

    def ring(self) -> None:
        """Tell the others soon that a fact was told."""
        self._due = True
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def listen(self) -> None:
        """Hear the others from now on; where the connection was lost, again."""
        with suppress(*LOST, asyncpg.InterfaceError):
            async with self._lock:
                connection = await self._open()
                if not self._hears:
                    await connection.add_listener(CHANNEL, lambda *_: ring())
                    self._hears = True

    async def close(self) -> None:
        """Send what is due, and hang up."""
        if self._sending is not None:
            await asyncio.wait({self._sending}, timeout=1)
        if self._connection is not None:
            self._connection.terminate()

    async def _send(self) -> None:
        while self._due:
            self._due = False
            try:
                async with self._lock:
                    await (await self._open()).execute(f"NOTIFY {CHANNEL}")
            except (*LOST, asyncpg.InterfaceError) as problem:
                logger.info("the others were not told of a fact and will see it at their next look: %s", problem)

    async def _open(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection, self._hears = await self._connect(), False
        return self._connection
