"""Limits for waits, and the errors of drivers as one error."""

import asyncio

import asyncpg
import pytest

from workflow.models.engine import timeouts
from workflow.models.engine.timeouts import acquire_in_time, finish, raise_unavailable
from workflow.rules.errors import UnavailableError


async def test_a_lock_that_is_not_free_in_time_is_reported_and_not_acquired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timeouts, "WAIT_SECONDS", 0.01)
    lock = asyncio.Lock()
    await lock.acquire()

    with pytest.raises(UnavailableError, match="too busy"):
        await acquire_in_time(lock)

    lock.release()
    await acquire_in_time(lock)
    assert lock.locked()


async def test_a_clean_up_ends_although_its_task_is_cancelled() -> None:
    begun = asyncio.Event()
    go = asyncio.Event()
    ended = asyncio.Event()

    async def clean_up() -> None:
        begun.set()
        await go.wait()
        ended.set()

    waiting = asyncio.create_task(finish(clean_up()))
    await begun.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    go.set()
    await asyncio.wait_for(ended.wait(), 5)

    assert waiting.cancelled()


async def test_a_clean_up_on_a_lost_connection_does_not_hide_the_first_error() -> None:
    async def clean_up() -> None:
        raise ConnectionResetError

    with pytest.raises(LookupError):
        try:
            raise LookupError
        finally:
            await finish(clean_up())


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (ConnectionRefusedError("port 1"), "The database cannot be reached: port 1."),
        (OSError(), "The database cannot be reached: OSError."),
        (asyncpg.InternalClientError("got result"), "The database cannot be reached: got result."),
        (
            asyncpg.QueryCanceledError("statement timeout"),
            "The database cannot be reached: statement timeout.",
        ),
        (asyncpg.TooManyConnectionsError("too many"), "The database cannot be reached: too many."),
        (
            asyncpg.InterfaceError("connection is closed"),
            "The connection to the database was lost: connection is closed.",
        ),
    ],
)
def test_a_connection_error_is_raised_as_unavailable(problem: Exception, message: str) -> None:
    with pytest.raises(UnavailableError) as raised, raise_unavailable():
        raise problem

    assert (str(raised.value), raised.value.__cause__) == (message, problem)


@pytest.mark.parametrize("problem", [asyncpg.InterfaceError("wrong number of values"), ValueError()])
def test_an_error_of_the_program_stays_as_it_is(problem: Exception) -> None:
    with pytest.raises(type(problem)) as raised, raise_unavailable():
        raise problem

    assert raised.value is problem
