"""Limits for waits on the database, and one error for failures to reach it."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Coroutine, Iterator
from typing import Any

import asyncpg

from workflow.rules.errors import UnavailableError

WAIT_SECONDS = 5.0
"""Most seconds to wait for the writer's lock or for a free connection."""

COMMAND_SECONDS = 9.0
"""Seconds that a serving process waits for a statement before it gives its connection to PostgreSQL up."""
IDLE_SECONDS = 10
"""Seconds after which PostgreSQL ends a serving process's transaction that runs no statement."""
DEAD_SECONDS = 10
"""Seconds without an acknowledgment from the other machine, after which a connection is closed."""
STUCK_SECONDS = 30.0
"""Seconds without a free connection, after which the process counts as stuck."""

CONNECTION_ERRORS = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.InternalClientError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
"""The errors of drivers if the database cannot be reached or does not answer in time."""


async def acquire_in_time(lock: asyncio.Lock) -> None:
    """Acquire a lock, or raise UnavailableError if that takes too long."""
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await lock.acquire()
    except TimeoutError:
        raise UnavailableError("The database is too busy: its lock was not free in time.") from None


async def finish(cleanup: Coroutine[Any, Any, object]) -> None:
    """Wait for a clean-up to end, even if the waiting task is cancelled."""
    # A task of its own goes on when the waiting task is cancelled, and a connection or lock is not lost.
    task = asyncio.create_task(cleanup)
    with contextlib.suppress(*CONNECTION_ERRORS, asyncpg.InterfaceError, sqlite3.Error):
        await asyncio.shield(task)


@contextlib.contextmanager
def raise_unavailable() -> Iterator[None]:
    """Raise a driver's connection errors as UnavailableError."""
    try:
        yield
    except CONNECTION_ERRORS as problem:
        raise UnavailableError(
            f"The database cannot be reached: {str(problem) or type(problem).__name__}."
        ) from problem
    except asyncpg.InterfaceError as problem:
        # asyncpg raises InterfaceError for misuse of a connection as well, which is a bug and not an outage.
        if "clos" not in str(problem):
            raise
        raise UnavailableError(f"The connection to the database was lost: {problem}.") from problem
