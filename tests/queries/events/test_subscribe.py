"""The end of the feed: whoever watches is woken by what this process tells at once, and by what others tell soon."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.support.organizations import TestOrganization, new_organization
from tests.support.serving import Server
from workflow.models.engine.database import dialect, transaction
from workflow.operations.accounts.accounts import create_account
from workflow.queries.events import subscribe as following
from workflow.queries.events.events import EventHead
from workflow.queries.events.subscribe import FeedDispatcher, FeedSubscriber

CREATE = "mutation($name: String!) { createAccount(input: {name: $name}) { __typename } }"
NO_POLL = 3600.0
TIMEOUT = 10.0


@pytest.fixture
async def tail() -> AsyncIterator[FeedDispatcher]:
    """A tail that is followed by this test alone."""
    made = FeedDispatcher()
    yield made
    await made.close()


def wants_all(head: EventHead) -> bool:
    """Wants every fact."""
    return True


async def next_wakeup(watch: FeedSubscriber) -> set[UUID]:
    """What the watch is woken by."""
    async with asyncio.timeout(TIMEOUT):
        return await watch.wait()


async def test_an_event_of_this_process_wakes_without_a_poll(
    tail: FeedDispatcher, organization: TestOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "POLL_SECONDS", NO_POLL)
    async with tail.subscribe(organization.id, wants_all) as watch:
        account = await create_account(organization.ctx, {"name": "Acme"})

        assert await next_wakeup(watch) == {account}


async def test_an_event_of_another_process_wakes(
    tail: FeedDispatcher, server: Server, organization: TestOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    if dialect() == "postgres":
        monkeypatch.setattr(following, "POLL_SECONDS", NO_POLL)
    async with tail.subscribe(organization.id, wants_all) as watch:
        await asyncio.sleep(0.2)
        await server.ask(organization.api_key, CREATE, name="Acme")

        assert len(await next_wakeup(watch)) == 1


async def test_rolled_back_events_and_other_organizations_wake_nobody(
    tail: FeedDispatcher, organization: TestOrganization
) -> None:
    async def undone() -> None:
        await create_account(organization.ctx, {"name": "Never"})
        raise InterruptedError

    other = await new_organization()
    async with tail.subscribe(organization.id, wants_all) as watch:
        with pytest.raises(InterruptedError):
            await transaction(undone)
        await create_account(other.ctx, {"name": "Elsewhere"})
        account = await create_account(organization.ctx, {"name": "Acme"})

        assert await next_wakeup(watch) == {account}


async def test_many_events_before_a_read_are_one_wakeup(
    tail: FeedDispatcher, organization: TestOrganization
) -> None:
    async with tail.subscribe(organization.id, wants_all) as watch:
        accounts = {
            await create_account(organization.ctx, {"name": f"Acme {number}"}) for number in range(20)
        }
        met: set[UUID] = set()
        while met != accounts:
            met |= await next_wakeup(watch)

    assert met == accounts


async def test_an_event_is_delivered_only_when_no_earlier_one_can_still_commit(
    tail: FeedDispatcher, organization: TestOrganization
) -> None:
    early = asyncio.Event()
    go_on = asyncio.Event()

    async def slow() -> UUID:
        account = await create_account(organization.ctx, {"name": "Begun first"})
        early.set()
        await go_on.wait()
        return account

    async with tail.subscribe(organization.id, wants_all) as watch:
        first = asyncio.create_task(transaction(slow))
        await early.wait()
        second = asyncio.create_task(create_account(organization.ctx, {"name": "Ended first"}))
        await asyncio.sleep(0.3)
        go_on.set()
        both = {await first, await second}
        met: set[UUID] = set()
        while met != both:
            met |= await next_wakeup(watch)

    assert met == both
