"""The last use of a key: stored by the minute, never set back, and never at the cost of a request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from tests.support.organizations import NOW, TestOrganization, context_for_key
from workflow.models import ApiKey
from workflow.models.engine import timeouts
from workflow.models.engine.database import dialect, transaction
from workflow.operations.core.context import Ctx
from workflow.operations.people.api_keys import ApiKeyResult, NewApiKey, create_api_key, record_key_use
from workflow.rules.enums import Role

SYNC = NewApiKey("Sync", Role.INTEGRATOR)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def use_key(made: ApiKeyResult, at: datetime) -> datetime | None:
    """Use the key at a time, and return the stored last use."""
    await record_key_use(Ctx(viewer=(await context_for_key(made.api_key, at)).viewer, now=at))
    kept: datetime | None = (await ApiKey.filter(id=made.id).values("last_used_at"))[0]["last_used_at"]
    return kept


async def test_the_last_use_is_stored_by_the_minute_and_never_decreases(
    organization: TestOrganization,
) -> None:
    made = await create_api_key(organization.ctx, SYNC)
    instants = [NOW + SECOND, NOW + 59 * SECOND, NOW + 61 * SECOND, NOW]

    assert [await use_key(made, at) for at in instants] == [NOW, NOW, NOW + MINUTE, NOW + MINUTE]


async def test_an_older_use_does_not_replace_a_later_one(organization: TestOrganization) -> None:
    made = await create_api_key(organization.ctx, SYNC)
    early = await context_for_key(made.api_key, NOW)
    await use_key(made, NOW + MINUTE)

    await record_key_use(early)

    assert await ApiKey.filter(id=made.id).values("last_used_at") == [{"last_used_at": NOW + MINUTE}]


async def test_a_busy_database_does_not_fail_the_request(
    organization: TestOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await create_api_key(organization.ctx, SYNC)
    ctx = await context_for_key(made.api_key, NOW)

    async with database_busy():
        monkeypatch.setattr(timeouts, "WAIT_SECONDS", 0.05)
        await record_key_use(ctx)

    assert await ApiKey.filter(id=made.id).values("last_used_at") == [{"last_used_at": None}]


@asynccontextmanager
async def database_busy() -> AsyncIterator[None]:
    """Occupy the database, so that no other write gets a turn."""
    turns = 1 if dialect() == "sqlite" else 10
    over = asyncio.Event()
    begun = asyncio.Semaphore(0)

    async def work() -> None:
        begun.release()
        await over.wait()

    tasks = [asyncio.create_task(transaction(work)) for _ in range(turns)]
    for _ in tasks:
        await begun.acquire()
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*tasks)
