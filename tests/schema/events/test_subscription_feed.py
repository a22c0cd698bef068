"""The subscription to the feed: the visible events after a cursor, then new ones, each once and in order."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.organizations import new_organization
from tests.support.serving import Server, serving
from tests.support.subscription_clients import TIMEOUT, open_stream
from tests.support.team import SalesTeam, new_sales_team
from workflow.models.engine.database import open_database
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.people.members import update_member
from workflow.queries.events.events import FEED_START
from workflow.rules.enums import OpportunityState, Role, Visibility

LEAD = OpportunityState.LEAD
FEED = (
    "subscription($after: String, $filter: EventFilter) "
    "{ events(after: $after, filter: $filter) { id type cursor payload opportunity { name } } }"
)
CREATE = "mutation($name: String!) { createAccount(input: {name: $name}) { __typename } }"
PAGES = (
    "query($after: String) "
    "{ events(first: 100, after: $after) { nodes { id cursor } pageInfo { hasNextPage endCursor } } }"
)


@pytest.fixture
async def team() -> SalesTeam:
    """A sales team."""
    return await new_sales_team()


async def rename(team: SalesTeam, name: str, state: OpportunityState = LEAD) -> None:
    """Change a deal."""
    await update_opportunity(team.ctx["admin"], team.deals[state], {"name": name}, expected_version=None)


async def take(events: AsyncIterator[Any], number: int) -> list[dict[str, Any]]:
    """Return the next events."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(TIMEOUT):
        while len(found) < number:
            found.append((await anext(events))["data"]["events"])
    return found


async def event_ids(server: Server, key: str) -> list[str]:
    """Return the ids of all events that the key can see, read page by page."""
    ids: list[str] = []
    after = None
    more = True
    while more:
        page = (await server.ask(key, PAGES, after=after))["data"]["events"]
        ids += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        more = page["pageInfo"]["hasNextPage"]
    return ids


async def test_past_events_are_replayed_and_new_ones_follow(server: Server, team: SalesTeam) -> None:
    key = team.organization.api_key
    before = await event_ids(server, key)
    start = (await server.ask(key, "{ events(first: 1) { nodes { cursor } } }"))["data"]["events"]["nodes"][
        0
    ]["cursor"]

    async with server.client(key) as client, open_stream(client, FEED, after=start) as events:
        replayed = await take(events, len(before) - 1)
        await rename(team, "Live")
        [live] = await take(events, 1)

    assert [fact["id"] for fact in replayed] == before[1:]
    assert (live["type"], live["opportunity"]) == ("opportunity.updated", {"name": "Live"})
    assert live["payload"]["changes"]["name"]["new"] == "Live"


async def test_without_a_cursor_only_new_matching_events_are_received(
    server: Server, team: SalesTeam
) -> None:
    wanted = {"types": ["opportunity.*"]}
    async with (
        server.client(team.organization.api_key) as client,
        open_stream(client, FEED, filter=wanted) as events,
    ):
        received: list[dict[str, Any]] = []
        while not received:
            await create_account(team.organization.ctx, {"name": "Not wanted"})
            await rename(team, f"Wanted {asyncio.get_running_loop().time()}")
            received = await take(events, 1)

    assert received[0]["type"] == "opportunity.updated"


async def test_a_reconnecting_reader_gets_every_event_exactly_once(server: Server, team: SalesTeam) -> None:
    key = team.organization.api_key
    first = (await server.ask(key, "{ events(first: 1) { nodes { id cursor } } }"))["data"]["events"][
        "nodes"
    ][0]
    cursor = first["cursor"]
    heard = [first["id"]]
    writing = asyncio.create_task(_make_changes(team, 30))
    name = ""
    while name != "The last":
        async with server.client(key) as client, open_stream(client, FEED, after=cursor) as events:
            for fact in await take(events, 1):
                heard.append(fact["id"])
                cursor = fact["cursor"]
                name = fact["payload"].get("changes", {}).get("name", {}).get("new")
    await writing

    assert heard == await event_ids(server, key)


async def _make_changes(team: SalesTeam, turns: int) -> None:
    for turn in range(turns):
        await rename(team, f"Turn {turn}")
        await asyncio.sleep(0.01)
    await rename(team, "The last")


async def test_an_event_is_received_by_those_who_may_see_it_at_that_time(
    server: Server, team: SalesTeam
) -> None:
    key = await team.organization.key(Role.REP, "helper@example.com")
    helper = team.ctx["helper"].viewer.member_id
    assert helper
    await update_member(team.organization.ctx, helper, {"visibility": Visibility.OWN})
    other = await new_organization()
    async with (
        server.client(key) as client,
        open_stream(client, FEED, filter={"types": ["opportunity.*"]}) as events,
    ):
        received: list[dict[str, Any]] = []
        while not received:
            await rename(team, f"Seen {asyncio.get_running_loop().time()}")
            received = await take(events, 1)
        await create_account(other.ctx, {"name": "Elsewhere"})
        await update_opportunity(
            team.ctx["admin"], team.deals[LEAD], {"collaborator_ids": []}, expected_version=None
        )
        await rename(team, "Secret")
        await rename(team, "Still theirs", OpportunityState.QUALIFIED)
        while received[-1]["opportunity"] != {"name": "Still theirs"}:
            received += await take(events, 1)

    names = [fact["opportunity"] and fact["opportunity"]["name"] for fact in received]
    assert "Secret" not in str(received)
    assert names[-1] == "Still theirs"


async def test_an_invalid_cursor_is_refused(server: Server, team: SalesTeam) -> None:
    async with (
        server.client(team.organization.api_key) as client,
        open_stream(client, FEED, after="x") as events,
    ):
        received = [event async for event in events]

    assert [event and event["errors"][0]["extensions"]["code"] for event in received] == [
        "BAD_USER_INPUT",
        None,
    ]


async def test_a_reader_loses_nothing_through_server_restarts(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        team = await new_sales_team()
        key = team.organization.api_key
    cursor = FEED_START.cursor()
    heard = list[str]()
    for turn in range(3):
        async with serving(own_database) as server:
            await server.ask(key, CREATE, name=f"Turn {turn}")
            async with server.client(key) as client, open_stream(client, FEED, after=cursor) as events:
                for fact in await take(events, 2):
                    heard.append(fact["id"])
                    cursor = fact["cursor"]
            everything = await event_ids(server, key)

    assert heard == everything[:6]
