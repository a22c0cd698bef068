"""Subscriptions: events of this process wake subscribers at once, and those of other processes soon."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.support.organizations import TestOrganization, new_organization
from tests.support.serving import Server
from workflow.models.engine.database import dialect, transaction
from workflow.operations.accounts.accounts import create_account
from workflow.queries.events import subscribe
from workflow.queries.events.events import EventHead
from workflow.queries.events.subscribe import FeedDispatcher, FeedSubscriber

CREATE = "mutation($name: String!) { createAccount(input: {name: $name}) { __typename } }"
NO_POLL = 3600.0
TIMEOUT = 10.0


@pytest.fixture
async def dispatcher() -> AsyncIterator[FeedDispatcher]:
    """A dispatcher for one test."""
    made = FeedDispatcher()
    yield made
    await made.close()


def wants_all(head: EventHead) -> bool:
    """Match every event."""
    return True


async def next_wakeup(subscriber: FeedSubscriber) -> set[UUID]:
    """Wait for the next event and return the changed ids."""
    async with asyncio.timeout(TIMEOUT):
        return await subscriber.wait()


async def test_an_event_of_this_process_wakes_without_a_poll(
    dispatcher: FeedDispatcher, organization: TestOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribe, "POLL_SECONDS", NO_POLL)
    async with dispatcher.subscribe(organization.id, wants_all) as subscriber:
        account = await create_account(organization.ctx, {"name": "Acme"})

        assert await next_wakeup(subscriber) == {account}


async def test_an_event_of_another_process_wakes(
    dispatcher: FeedDispatcher,
    server: Server,
    organization: TestOrganization,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if dialect() == "postgres":
        monkeypatch.setattr(subscribe, "POLL_SECONDS", NO_POLL)
    async with dispatcher.subscribe(organization.id, wants_all) as subscriber:
        await asyncio.sleep(0.2)
        await server.ask(organization.api_key, CREATE, name="Acme")

        assert len(await next_wakeup(subscriber)) == 1


async def test_rolled_back_events_and_other_organizations_wake_nobody(
    dispatcher: FeedDispatcher, organization: TestOrganization
) -> None:
    async def undone() -> None:
        await create_account(organization.ctx, {"name": "Never"})
        raise InterruptedError

    other = await new_organization()
    async with dispatcher.subscribe(organization.id, wants_all) as subscriber:
        with pytest.raises(InterruptedError):
            await transaction(undone)
        await create_account(other.ctx, {"name": "Elsewhere"})
        account = await create_account(organization.ctx, {"name": "Acme"})

        assert await next_wakeup(subscriber) == {account}


async def test_many_events_before_a_read_are_one_wakeup(
    dispatcher: FeedDispatcher, organization: TestOrganization
) -> None:
    async with dispatcher.subscribe(organization.id, wants_all) as subscriber:
        accounts = {
            await create_account(organization.ctx, {"name": f"Acme {number}"}) for number in range(20)
        }
        received: set[UUID] = set()
        while received != accounts:
            received |= await next_wakeup(subscriber)

    assert received == accounts


async def test_an_event_is_delivered_only_when_no_earlier_one_can_still_commit(
    dispatcher: FeedDispatcher, organization: TestOrganization
) -> None:
    begun = asyncio.Event()
    may_commit = asyncio.Event()

    async def slow() -> UUID:
        account = await create_account(organization.ctx, {"name": "Begun first"})
        begun.set()
        await may_commit.wait()
        return account

    async with dispatcher.subscribe(organization.id, wants_all) as subscriber:
        first = asyncio.create_task(transaction(slow))
        await begun.wait()
        second = asyncio.create_task(create_account(organization.ctx, {"name": "Ended first"}))
        await asyncio.sleep(0.3)
        may_commit.set()
        both = {await first, await second}
        received: set[UUID] = set()
        while received != both:
            received |= await next_wakeup(subscriber)

    assert received == both
