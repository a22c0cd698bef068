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

from workflow.models.engine.timeouts import CONNECTION_ERRORS

logger = logging.getLogger("pursuit.feed")

CHANNEL = "pursuit_feed"


@dataclass
class TransactionEvents:
    """Whether the transaction under way has told something."""

    recorded: bool = False


_transaction_events: ContextVar[TransactionEvents | None] = ContextVar("bell", default=None)
_listeners: set[asyncio.Event] = set()


@contextmanager
def track_events() -> Iterator[TransactionEvents]:
    """A transaction's own bell; it rings by `ring` when the transaction has committed."""
    events, before = TransactionEvents(), _transaction_events.get()
    _transaction_events.set(events)
    try:
        yield events
    finally:
        _transaction_events.set(before)


def mark_event_recorded() -> None:
    """Say that the transaction under way tells a fact."""
    events = _transaction_events.get()
    if events is not None:
        events.recorded = True


def notify_listeners() -> None:
    """Wake whoever listens in this process; many rings before they look are one."""
    for listener in _listeners:
        listener.set()


@contextmanager
def listening() -> Iterator[asyncio.Event]:
    """An event that each ring sets."""
    listener = asyncio.Event()
    _listeners.add(listener)
    try:
        yield listener
    finally:
        _listeners.discard(listener)


class PostgresNotifier:
    """Rings at the other processes, and hears them; however many commits there are, one NOTIFY is under way."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._connection: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()
        self._listening = self._pending = False
        self._sending: asyncio.Task[None] | None = None

    def notify(self) -> None:
        """Tell the others soon that a fact was told."""
        self._pending = True
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def listen(self) -> None:
        """Hear the others from now on; where the connection was lost, again."""
        with suppress(*CONNECTION_ERRORS, asyncpg.InterfaceError):
            async with self._lock:
                connection = await self._open()
                if not self._listening:
                    await connection.add_listener(CHANNEL, lambda *_: notify_listeners())
                    self._listening = True

    async def close(self) -> None:
        """Send what is due, and hang up."""
        if self._sending is not None:
            await asyncio.wait({self._sending}, timeout=1)
        if self._connection is not None:
            self._connection.terminate()

    async def _send(self) -> None:
        while self._pending:
            self._pending = False
            try:
                async with self._lock:
                    await (await self._open()).execute(f"NOTIFY {CHANNEL}")
            except (*CONNECTION_ERRORS, asyncpg.InterfaceError) as problem:
                logger.info(
                    "the others were not told of a fact and will see it at their next look: %s", problem
                )

    async def _open(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection, self._listening = await self._connect(), False
        return self._connection
