"""The feed as it goes on: everything after a cursor and then live, each fact once and in order, to those who may see it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.organizations import new_organization
from tests.support.serving import Server, serving
from tests.support.subscription_clients import PATIENCE, stream
from tests.support.team import Crew, new_crew
from workflow.models.engine.database import open_database
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.people.members import update_member
from workflow.queries.events.events import FEED_START
from workflow.rules.enums import OpportunityState, Role, Visibility

LEAD = OpportunityState.LEAD
FEED = "subscription($after: String, $filter: EventFilter) { events(after: $after, filter: $filter) { id type cursor payload opportunity { name } } }"
CREATE = "mutation($name: String!) { createAccount(input: {name: $name}) { __typename } }"
PAGES = "query($after: String) { events(first: 100, after: $after) { nodes { id cursor } pageInfo { hasNextPage endCursor } } }"


@pytest.fixture
async def crew() -> Crew:
    """People around a seller's deals."""
    return await new_crew()


async def renamed(crew: Crew, name: str, state: OpportunityState = LEAD) -> None:
    """Change a deal."""
    await update_opportunity(crew.ctx["admin"], crew.deals[state], {"name": name}, expected_version=None)


async def taken(events: AsyncIterator[Any], number: int) -> list[dict[str, Any]]:
    """The next so many facts."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE):
        while len(found) < number:
            found.append((await anext(events))["data"]["events"])
    return found


async def whole(server: Server, key: str) -> list[str]:
    """The ids of all facts that the key's viewer sees, by pages."""
    ids: list[str] = []
    after, more = None, True
    while more:
        page = (await server.ask(key, PAGES, after=after))["data"]["events"]
        ids += [node["id"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return ids


async def test_what_happened_is_replayed_and_what_happens_is_told(server: Server, crew: Crew) -> None:
    key = crew.organization.api_key
    before = await whole(server, key)
    start = (await server.ask(key, "{ events(first: 1) { nodes { cursor } } }"))["data"]["events"]["nodes"][0]["cursor"]

    async with server.client(key) as client, stream(client, FEED, after=start) as events:
        replayed = await taken(events, len(before) - 1)
        await renamed(crew, "Live")
        [live] = await taken(events, 1)

    assert [fact["id"] for fact in replayed] == before[1:]
    assert (live["type"], live["opportunity"]) == ("opportunity.updated", {"name": "Live"})
    assert live["payload"]["changes"]["name"]["new"] == "Live"


async def test_without_a_cursor_only_what_happens_is_told_and_only_what_is_wanted(server: Server, crew: Crew) -> None:
    wanted = {"types": ["opportunity.*"]}
    async with server.client(crew.organization.api_key) as client, stream(client, FEED, filter=wanted) as events:
        told: list[dict[str, Any]] = []
        while not told:
            await create_account(crew.organization.ctx, {"name": "Not wanted"})
            await renamed(crew, f"Wanted {asyncio.get_running_loop().time()}")
            told = await taken(events, 1)

    assert told[0]["type"] == "opportunity.updated"


async def test_a_reader_that_comes_again_and_again_misses_nothing_and_hears_nothing_twice(
    server: Server, crew: Crew
) -> None:
    key = crew.organization.api_key
    first = (await server.ask(key, "{ events(first: 1) { nodes { id cursor } } }"))["data"]["events"]["nodes"][0]
    cursor, heard = first["cursor"], [first["id"]]
    writing = asyncio.create_task(_busy(crew, 30))
    name = ""
    while name != "The last":
        async with server.client(key) as client, stream(client, FEED, after=cursor) as events:
            for fact in await taken(events, 1):
                heard.append(fact["id"])
                cursor, name = fact["cursor"], fact["payload"].get("changes", {}).get("name", {}).get("new")
    await writing

    assert heard == await whole(server, key)


async def _busy(crew: Crew, turns: int) -> None:
    for turn in range(turns):
        await renamed(crew, f"Turn {turn}")
        await asyncio.sleep(0.01)
    await renamed(crew, "The last")


async def test_a_fact_is_told_to_those_who_may_see_it_then(server: Server, crew: Crew) -> None:
    key = await crew.organization.key(Role.REP, "helper@example.com")
    helper = crew.ctx["helper"].viewer.member_id
    assert helper
    await update_member(crew.organization.ctx, helper, {"visibility": Visibility.OWN})
    other = await new_organization()
    async with server.client(key) as client, stream(client, FEED, filter={"types": ["opportunity.*"]}) as events:
        told: list[dict[str, Any]] = []
        while not told:
            await renamed(crew, f"Seen {asyncio.get_running_loop().time()}")
            told = await taken(events, 1)
        await create_account(other.ctx, {"name": "Elsewhere"})
        await update_opportunity(crew.ctx["admin"], crew.deals[LEAD], {"collaborator_ids": []}, expected_version=None)
        await renamed(crew, "Secret")
        await renamed(crew, "Still theirs", OpportunityState.QUALIFIED)
        while told[-1]["opportunity"] != {"name": "Still theirs"}:
            told += await taken(events, 1)

    names = [fact["opportunity"] and fact["opportunity"]["name"] for fact in told]
    assert "Secret" not in str(told)
    assert names[-1] == "Still theirs"


async def test_a_cursor_that_is_none_is_refused(server: Server, crew: Crew) -> None:
    async with server.client(crew.organization.api_key) as client, stream(client, FEED, after="x") as events:
        told = [event async for event in events]

    assert [event and event["errors"][0]["extensions"]["code"] for event in told] == ["BAD_USER_INPUT", None]


async def test_who_reads_through_restarts_of_the_server_loses_nothing(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        crew = await new_crew()
        key = crew.organization.api_key
    cursor, heard = FEED_START.cursor(), list[str]()
    for turn in range(3):
        async with serving(own_database) as server:
            await server.ask(key, CREATE, name=f"Turn {turn}")
            async with server.client(key) as client, stream(client, FEED, after=cursor) as events:
                for fact in await taken(events, 2):
                    heard.append(fact["id"])
                    cursor = fact["cursor"]
            everything = await whole(server, key)

    assert heard == everything[:6]
