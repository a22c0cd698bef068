"""A subscription tells each change of a deal to those who see it then, and to nobody else that there is one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from schema.core.ids import encode
from tests.support.organizations import new_organization
from tests.support.serving import Server
from tests.support.subscription_clients import CHANGED, PATIENCE, stream
from tests.support.team import Crew, new_crew
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.operations.opportunity.edit import delete_opportunity, update_opportunity
from workflow.operations.people.members import update_member
from workflow.rules.enums import ActivityDirection, ActivityKind, OpportunityState, Role, Visibility

LEAD = OpportunityState.LEAD


@pytest.fixture
async def crew() -> Crew:
    """People around a seller's deals."""
    return await new_crew()


@asynccontextmanager
async def following(server: Server, key: str, deal: UUID) -> AsyncIterator[AsyncIterator[Any]]:
    """The deal as the key's viewer is told of it."""
    async with server.client(key) as client, stream(client, CHANGED, id=encode("Opportunity", deal)) as events:
        yield events


async def narrow(crew: Crew, email: str) -> str:
    """The key of a seller who sees their own deals alone."""
    key = await crew.organization.key(Role.REP, email)
    await update_member(crew.organization.ctx, await member_of(crew, email), {"visibility": Visibility.OWN})
    return key


async def member_of(crew: Crew, email: str) -> UUID:
    """The member with an e-mail."""
    viewer = (await crew.organization.ctx_of(Role.REP, email)).viewer
    assert viewer.member_id
    return viewer.member_id


async def next_of(events: AsyncIterator[Any]) -> Any:
    """The next that is told of the deal."""
    async with asyncio.timeout(PATIENCE):
        told = await anext(events)
    return told and told["data"]["opportunityChanged"]


async def until_named(events: AsyncIterator[Any], name: str) -> None:
    """Wait until it is told by that name; what was done just before the subscription may be told first."""
    while (await next_of(events))["name"] != name:
        pass


async def rest_of(events: AsyncIterator[Any]) -> list[Any]:
    """Everything that is still told, to the end."""
    async with asyncio.timeout(PATIENCE):
        return [told and told["data"]["opportunityChanged"] async for told in events]


async def renamed(crew: Crew, name: str) -> None:
    """Change the lead."""
    await update_opportunity(crew.ctx["admin"], crew.deals[LEAD], {"name": name}, expected_version=None)


async def test_a_change_of_the_deal_or_of_anything_on_it_is_told(server: Server, crew: Crew) -> None:
    key = await crew.organization.key(Role.REP, "sam@example.com")
    async with following(server, key, crew.deals[LEAD]) as events:
        await renamed(crew, "Renamed")
        first = await next_of(events)
        note = NewActivity(kind=ActivityKind.NOTE, direction=ActivityDirection.INTERNAL, summary="Thought of it")
        await log_activity(crew.ctx["owner"], crew.deals[LEAD], note)
        second = await next_of(events)

    assert (first["name"], first["owner"]["name"]) == ("Renamed", "sam")
    assert second == first


async def test_what_other_deals_do_is_not_told(server: Server, crew: Crew) -> None:
    key = await crew.organization.key(Role.REP, "sam@example.com")
    async with following(server, key, crew.deals[LEAD]) as events:
        await update_opportunity(
            crew.ctx["admin"], crew.deals[OpportunityState.QUALIFIED], {"name": "Other"}, expected_version=None
        )
        await renamed(crew, "Mine")

        await until_named(events, "Mine")


@pytest.mark.parametrize("unseen", ["another organization's", "out of sight", "of another type", "malformed"])
async def test_what_is_not_seen_is_null_and_the_end(server: Server, crew: Crew, unseen: str) -> None:
    stranger = await new_organization()
    key = stranger.api_key if unseen == "another organization's" else await narrow(crew, "new@example.com")
    deal = encode("Opportunity", crew.deals[LEAD])
    ids = {"of another type": encode("Account", crew.deals[LEAD]), "malformed": "x"}

    async with server.client(key) as client, stream(client, CHANGED, id=ids.get(unseen, deal)) as events:
        assert await rest_of(events) == [None, None]


async def test_a_deleted_deal_is_null_and_the_end(server: Server, crew: Crew) -> None:
    async with following(server, crew.organization.api_key, crew.deals[LEAD]) as events:
        await renamed(crew, "Soon gone")
        await until_named(events, "Soon gone")
        await delete_opportunity(crew.ctx["admin"], crew.deals[LEAD], reason="A test", expected_version=None)

        assert await rest_of(events) == [None, None]


@pytest.mark.parametrize("then", ["changed again", "left alone"])
async def test_who_sees_it_no_longer_is_told_nothing_more(server: Server, crew: Crew, then: str) -> None:
    key = await narrow(crew, "helper@example.com")
    async with following(server, key, crew.deals[LEAD]) as events:
        await renamed(crew, "Seen")
        await until_named(events, "Seen")
        await update_opportunity(crew.ctx["admin"], crew.deals[LEAD], {"collaborator_ids": []}, expected_version=None)
        if then == "changed again":
            await renamed(crew, "Secret")

        assert await rest_of(events) == [None, None]


async def test_whose_visibility_shrinks_is_told_so_without_a_change_of_the_deal(server: Server, crew: Crew) -> None:
    key = await crew.organization.key(Role.REP, "wide@example.com")
    wide = await member_of(crew, "wide@example.com")
    await update_member(crew.organization.ctx, wide, {"visibility": Visibility.ALL})
    async with following(server, key, crew.deals[LEAD]) as events:
        await renamed(crew, "Seen")
        await until_named(events, "Seen")
        await update_member(crew.organization.ctx, wide, {"visibility": Visibility.OWN})

        assert await rest_of(events) == [None, None]
