"""Notifications after a commit with events, so that subscribers read the feed before their next poll.

Within a process a notification sets an asyncio event. Between processes on PostgreSQL it is NOTIFY, on its
own connection and never inside a transaction, where writers would wait for each other. A lost notification
only delays subscribers until the next poll.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass

import asyncpg

from workflow.models.engine.timeouts import CONNECTION_ERRORS

logger = logging.getLogger("pursuit.feed")

CHANNEL = "pursuit_feed"


@dataclass
class TransactionEvents:
    """The flag that the current transaction has recorded an event."""

    recorded: bool = False


_transaction_events: ContextVar[TransactionEvents | None] = ContextVar("transaction_events", default=None)
_listeners: set[asyncio.Event] = set()


@contextmanager
def track_events() -> Iterator[TransactionEvents]:
    """Track events that are recorded in this context."""
    events = TransactionEvents()
    before = _transaction_events.get()
    _transaction_events.set(events)
    try:
        yield events
    finally:
        _transaction_events.set(before)


def mark_event_recorded() -> None:
    """Record that the current transaction has recorded an event."""
    events = _transaction_events.get()
    if events is not None:
        events.recorded = True


def notify_listeners() -> None:
    """Set the event of every listener in this process."""
    for listener in _listeners:
        listener.set()


@contextmanager
def listening() -> Iterator[asyncio.Event]:
    """Yield an asyncio event that each notification sets."""
    listener = asyncio.Event()
    _listeners.add(listener)
    try:
        yield listener
    finally:
        _listeners.discard(listener)


class PostgresNotifier:
    """Notifies other processes and receives their notifications; at most one NOTIFY is in progress."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._connection: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()
        self._listening = False
        self._pending = False
        self._sending: asyncio.Task[None] | None = None

    def notify(self) -> None:
        """Schedule a NOTIFY."""
        self._pending = True
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def listen(self) -> None:
        """Listen for other processes, again if the connection was lost."""
        # A failure only delays subscribers: they poll as well, and call this again before each poll.
        with suppress(*CONNECTION_ERRORS, asyncpg.InterfaceError):
            async with self._lock, self._ended_on_timeout():
                connection = await self._open()
                if not self._listening:
                    await connection.add_listener(CHANNEL, lambda *_: notify_listeners())
                    self._listening = True

    async def close(self) -> None:
        """Send a pending NOTIFY, then close the connection."""
        if self._sending is not None:
            await asyncio.wait({self._sending}, timeout=1)
        if self._connection is not None:
            # Not close(), which would wait for the server.
            self._connection.terminate()

    async def _send(self) -> None:
        while self._pending:
            # Reset before sending: all commits during a NOTIFY together cause one more.
            self._pending = False
            try:
                async with self._lock, self._ended_on_timeout():
                    await (await self._open()).execute(f"NOTIFY {CHANNEL}")
            except (*CONNECTION_ERRORS, asyncpg.InterfaceError) as problem:
                logger.info(
                    "NOTIFY failed; other processes will see the event at their next poll: %s", problem
                )

    @asynccontextmanager
    async def _ended_on_timeout(self) -> AsyncIterator[None]:
        """End the connection if a statement on it gets no answer, so that the next one opens another."""
        try:
            yield
        except TimeoutError:
            if self._connection is not None:
                self._connection.terminate()
            raise

    async def _open(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
            self._listening = False
        return self._connection
