"""The one transaction helper: a verb commits or rolls back as a whole, whatever becomes of its caller."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError, OperationalError
from tortoise.transactions import in_transaction

from workflow.models.engine.notify import ring, ringing
from workflow.models.engine.timeouts import Unavailable

T = TypeVar("T")

CONNECTION = "default"
ATTEMPTS = 8
LONGEST = 10.0
"""Seconds after which no further attempt is begun."""
COLLISIONS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, OperationalError, IntegrityError)

_under_way: set[asyncio.Task[Any]] = set()


async def transaction(work: Callable[[], Awaitable[T]]) -> T:
    """Run work in one transaction, again from its start after a collision; inside a transaction it is a savepoint.

    Work runs in a task of its own that a cancelled caller leaves to finish. Raises Unavailable when no turn came.
    """
    if isinstance(get_connection(CONNECTION), TransactionalDBClient):
        return await _once(work)
    task = asyncio.create_task(_until_settled(work))
    _under_way.add(task)
    task.add_done_callback(_settled)
    return await asyncio.shield(task)


async def drain(seconds: float = 10.0) -> None:
    """Wait for the transactions under way, at shutdown before the connections close."""
    if _under_way:
        await asyncio.wait(set(_under_way), timeout=seconds)


async def _until_settled(work: Callable[[], Awaitable[T]]) -> T:
    """Attempt work until it ends without a collision, within the bounds; a unique key taken meanwhile is one, once."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + LONGEST
    for attempt in range(ATTEMPTS):
        try:
            return await _told(work)
        except COLLISIONS as problem:
            if not _is_collision(problem) or (attempt and isinstance(problem, IntegrityError)):
                raise
        if clock() > deadline:
            break
        await asyncio.sleep(random.random() * min(0.25, 0.005 * 2**attempt))
    raise Unavailable("The database is too busy: every attempt collided with another writer.")


async def _told(work: Callable[[], Awaitable[T]]) -> T:
    """One attempt; where it told a fact, whoever follows the feed hears of it once it is committed."""
    with ringing() as bell:
        answer = await _once(work)
    if bell.pulled:
        ring()
        if wire := getattr(get_connection(CONNECTION), "wire", None):
            wire.ring()
    return answer


async def _once(work: Callable[[], Awaitable[T]]) -> T:
    async with in_transaction(CONNECTION):
        return await work()


def _is_collision(problem: Exception) -> bool:
    """Another writer was in the way, so that the same work may succeed now, or be refused with the reason."""
    if isinstance(problem, IntegrityError):
        return bool(problem.args) and isinstance(problem.args[0], asyncpg.UniqueViolationError)
    return not isinstance(problem, OperationalError) or "is locked" in str(problem)


def _settled(task: asyncio.Task[Any]) -> None:
    """Forget an ended transaction; its failure counts as seen even when the caller has gone."""
    _under_way.discard(task)
    if not task.cancelled():
        task.exception()
