"""The only way to open a transaction: it commits or rolls back even if its caller is cancelled."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError, OperationalError
from tortoise.transactions import in_transaction

from workflow.models.engine.notify import notify_listeners, track_events
from workflow.rules.errors import UnavailableError

T = TypeVar("T")

CONNECTION = "default"
MAX_ATTEMPTS = 8
MAX_RETRY_SECONDS = 10.0
"""Seconds after which no further attempt starts."""
COLLISIONS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, OperationalError, IntegrityError)

_running: set[asyncio.Task[Any]] = set()


async def transaction(work: Callable[[], Awaitable[T]]) -> T:
    """Run work in a transaction, and again from its start after a collision.

    Inside a transaction it is a savepoint. The work runs in its own task, which continues if the caller is
    cancelled. Raise UnavailableError if every attempt collided.
    """
    if isinstance(get_connection(CONNECTION), TransactionalDBClient):
        # Not tried again here: a collision aborts the whole transaction, so the outermost one starts again.
        return await _run_once(work)
    # A task has a copy of the context, and with it the row identity of the caller.
    task = asyncio.create_task(_retry_on_collision(work))
    _running.add(task)
    task.add_done_callback(_forget)
    return await asyncio.shield(task)


async def drain(seconds: float = 10.0) -> None:
    """Wait for running transactions, before connections close at shutdown."""
    if _running:
        await asyncio.wait(set(_running), timeout=seconds)


async def _retry_on_collision(work: Callable[[], Awaitable[T]]) -> T:
    """Attempt work until it ends without a collision, within the limits."""
    # A violated unique key counts as a collision once: the next attempt sees the other row and can refuse it.
    clock = asyncio.get_running_loop().time
    deadline = clock() + MAX_RETRY_SECONDS
    for attempt in range(MAX_ATTEMPTS):
        try:
            return await _run_and_notify(work)
        except COLLISIONS as problem:
            if not _is_collision(problem) or (attempt and isinstance(problem, IntegrityError)):
                raise
        if clock() > deadline:
            break
        # A random wait, so that writers that have collided do not collide again.
        await asyncio.sleep(random.random() * min(0.25, 0.005 * 2**attempt))
    raise UnavailableError("The database is too busy: every attempt collided with another writer.")


async def _run_and_notify(work: Callable[[], Awaitable[T]]) -> T:
    """Run one attempt, and notify subscribers after the commit if it recorded an event."""
    with track_events() as events:
        result = await _run_once(work)
    # After the commit, because other connections cannot see the events before.
    if events.recorded:
        notify_listeners()
        if notifier := getattr(get_connection(CONNECTION), "notifier", None):
            notifier.notify()
    return result


async def _run_once(work: Callable[[], Awaitable[T]]) -> T:
    async with in_transaction(CONNECTION):
        return await work()


def _is_collision(problem: Exception) -> bool:
    """Return True if the error came from another writer, so the same work may succeed now."""
    if isinstance(problem, IntegrityError):
        # SQLite has one writer at a time, so there a violated key never comes from a concurrent transaction.
        return bool(problem.args) and isinstance(problem.args[0], asyncpg.UniqueViolationError)
    return not isinstance(problem, OperationalError) or "is locked" in str(problem)


def _forget(task: asyncio.Task[Any]) -> None:
    """Forget an ended transaction, and retrieve its error so that asyncio does not log it."""
    _running.discard(task)
    if not task.cancelled():
        task.exception()
