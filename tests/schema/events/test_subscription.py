"""The subscription to a deal: every change is sent to those who can see it, and to nobody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from schema.core.ids import encode
from tests.support.organizations import new_organization
from tests.support.serving import Server
from tests.support.subscription_clients import CHANGED, TIMEOUT, open_stream
from tests.support.team import SalesTeam, new_sales_team
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.operations.opportunity.edit import delete_opportunity, update_opportunity
from workflow.operations.people.members import update_member
from workflow.rules.enums import ActivityDirection, ActivityKind, OpportunityState, Role, Visibility

LEAD = OpportunityState.LEAD


@pytest.fixture
async def team() -> SalesTeam:
    """A sales team."""
    return await new_sales_team()


@asynccontextmanager
async def subscribed(server: Server, key: str, deal: UUID) -> AsyncIterator[AsyncIterator[Any]]:
    """Subscribe to the deal with this key."""
    async with (
        server.client(key) as client,
        open_stream(client, CHANGED, id=encode("Opportunity", deal)) as events,
    ):
        yield events


async def rep_key(team: SalesTeam, email: str) -> str:
    """Return the key of a salesperson who can see only their own deals."""
    key = await team.organization.key(Role.REP, email)
    await update_member(team.organization.ctx, await member_of(team, email), {"visibility": Visibility.OWN})
    return key


async def member_of(team: SalesTeam, email: str) -> UUID:
    """Return the member with this e-mail address."""
    viewer = (await team.organization.ctx_of(Role.REP, email)).viewer
    assert viewer.member_id
    return viewer.member_id


async def next_change(events: AsyncIterator[Any]) -> Any:
    """Return the next message about the deal."""
    async with asyncio.timeout(TIMEOUT):
        event = await anext(events)
    return event and event["data"]["opportunityChanged"]


async def wait_for_name(events: AsyncIterator[Any], name: str) -> None:
    """Wait for a message with this name. A change just before the subscription may be sent first."""
    while (await next_change(events))["name"] != name:
        pass


async def remaining_changes(events: AsyncIterator[Any]) -> list[Any]:
    """Return the remaining messages."""
    async with asyncio.timeout(TIMEOUT):
        return [event and event["data"]["opportunityChanged"] async for event in events]


async def rename(team: SalesTeam, name: str) -> None:
    """Change the lead."""
    await update_opportunity(team.ctx["admin"], team.deals[LEAD], {"name": name}, expected_version=None)


async def test_a_change_of_the_deal_or_its_parts_is_received(server: Server, team: SalesTeam) -> None:
    key = await team.organization.key(Role.REP, "sam@example.com")
    async with subscribed(server, key, team.deals[LEAD]) as events:
        await rename(team, "Renamed")
        first = await next_change(events)
        note = NewActivity(
            kind=ActivityKind.NOTE, direction=ActivityDirection.INTERNAL, summary="Thought of it"
        )
        await log_activity(team.ctx["owner"], team.deals[LEAD], note)
        second = await next_change(events)

    assert (first["name"], first["owner"]["name"]) == ("Renamed", "sam")
    assert second == first


async def test_changes_of_other_deals_are_not_received(server: Server, team: SalesTeam) -> None:
    key = await team.organization.key(Role.REP, "sam@example.com")
    async with subscribed(server, key, team.deals[LEAD]) as events:
        await update_opportunity(
            team.ctx["admin"],
            team.deals[OpportunityState.QUALIFIED],
            {"name": "Other"},
            expected_version=None,
        )
        await rename(team, "Mine")

        await wait_for_name(events, "Mine")


@pytest.mark.parametrize("unseen", ["another organization's", "out of sight", "of another type", "malformed"])
async def test_a_hidden_deal_is_null_and_completes(server: Server, team: SalesTeam, unseen: str) -> None:
    stranger = await new_organization()
    key = stranger.api_key if unseen == "another organization's" else await rep_key(team, "new@example.com")
    deal = encode("Opportunity", team.deals[LEAD])
    ids = {"of another type": encode("Account", team.deals[LEAD]), "malformed": "x"}

    async with server.client(key) as client, open_stream(client, CHANGED, id=ids.get(unseen, deal)) as events:
        assert await remaining_changes(events) == [None, None]


async def test_a_deleted_deal_is_null_and_completes(server: Server, team: SalesTeam) -> None:
    async with subscribed(server, team.organization.api_key, team.deals[LEAD]) as events:
        await rename(team, "Soon gone")
        await wait_for_name(events, "Soon gone")
        await delete_opportunity(team.ctx["admin"], team.deals[LEAD], reason="A test", expected_version=None)

        assert await remaining_changes(events) == [None, None]


@pytest.mark.parametrize("then", ["changed again", "left alone"])
async def test_a_viewer_who_loses_sight_of_the_deal_receives_nothing_more(
    server: Server, team: SalesTeam, then: str
) -> None:
    key = await rep_key(team, "helper@example.com")
    async with subscribed(server, key, team.deals[LEAD]) as events:
        await rename(team, "Seen")
        await wait_for_name(events, "Seen")
        await update_opportunity(
            team.ctx["admin"], team.deals[LEAD], {"collaborator_ids": []}, expected_version=None
        )
        if then == "changed again":
            await rename(team, "Secret")

        assert await remaining_changes(events) == [None, None]


async def test_a_reduced_visibility_completes_without_a_change_of_the_deal(
    server: Server, team: SalesTeam
) -> None:
    key = await team.organization.key(Role.REP, "wide@example.com")
    wide = await member_of(team, "wide@example.com")
    await update_member(team.organization.ctx, wide, {"visibility": Visibility.ALL})
    async with subscribed(server, key, team.deals[LEAD]) as events:
        await rename(team, "Seen")
        await wait_for_name(events, "Seen")
        await update_member(team.organization.ctx, wide, {"visibility": Visibility.OWN})

        assert await remaining_changes(events) == [None, None]
