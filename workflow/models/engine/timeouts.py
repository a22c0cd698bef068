"""Every wait for the database is bounded, and what goes wrong on the way to it has one name."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Coroutine, Iterator
from typing import Any

import asyncpg

from workflow.rules.errors import UnavailableError

WAIT_SECONDS = 5.0
"""Seconds that anybody waits for the writer's lock or for a free connection."""

CONNECTION_ERRORS = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.LockNotAvailableError,
)
"""What a driver raises when the database cannot be reached or does not answer in time."""


async def acquire_in_time(lock: asyncio.Lock) -> None:
    """Take a lock, or say that the database is too busy."""
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await lock.acquire()
    except TimeoutError:
        raise UnavailableError("The database is too busy: no turn to use it came free in time.") from None


async def finish(cleanup: Coroutine[Any, Any, object]) -> None:
    """Wait for a clean-up to end even if the task that waits is cancelled meanwhile."""
    task = asyncio.create_task(cleanup)
    with contextlib.suppress(*CONNECTION_ERRORS, asyncpg.InterfaceError, sqlite3.Error):
        await asyncio.shield(task)


@contextlib.contextmanager
def raise_unavailable() -> Iterator[None]:
    """Say a driver's connection trouble as UnavailableError."""
    try:
        yield
    except CONNECTION_ERRORS as problem:
        raise UnavailableError(
            f"The database cannot be reached: {problem or type(problem).__name__}."
        ) from problem
    except asyncpg.InterfaceError as problem:
        if "clos" not in str(problem):
            raise
        raise UnavailableError(f"The connection to the database is gone: {problem}.") from problem
