"""A connection of PostgreSQL that one task keeps for several reads.

To take a connection out of the pool and to give it back costs as much as a short statement.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from typing import Any

from workflow.models.engine.timeouts import raise_unavailable


class HeldConnection:
    """The connection of one task; it is taken out of the pool at the first read."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self._task = asyncio.current_task()
        self._stack = AsyncExitStack()
        self._connection: Any = None

    @property
    def is_usable(self) -> bool:
        """True in the task that holds the connection; tasks that it has started take their own."""
        return asyncio.current_task() is self._task

    async def read(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """Run a SELECT with the caller's row identity."""
        with raise_unavailable():
            if self._connection is None:
                self._connection = await self._stack.enter_async_context(self.client.acquire_connection())
            else:
                await self._connection.apply_identity()
            records: Sequence[Any] = await self._connection.fetch(sql, *values)
            return records

    async def release(self) -> None:
        """Give the connection back to the pool."""
        await self._stack.aclose()


_held: ContextVar[HeldConnection | None] = ContextVar("held_connection", default=None)


def held_connection() -> HeldConnection | None:
    """Return the connection that this task holds; None if it holds none."""
    held = _held.get()
    return held if held is not None and held.is_usable else None


@asynccontextmanager
async def hold_connection(client: Any) -> AsyncIterator[None]:
    """Let the reads of this task share one connection of a client."""
    held = HeldConnection(client)
    _held.set(held)
    try:
        yield
    finally:
        _held.set(None)
        await held.release()
