"""Cancelled requests: the server keeps serving, and nothing is written in part."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from itertools import cycle, islice
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from api.app import create_app
from api.config.settings import Settings
from schema.core.ids import decode, encode
from tests.support.counts import count
from tests.support.fixtures import MutationFixtures, create_mutation_fixtures
from tests.support.organizations import TestOrganization
from tests.support.serving import serving
from tests.support.statements import statements
from workflow.models import Assessment, Event, Opportunity
from workflow.models.engine.database import drain, open_database
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity

CANCELS = count(2000)
AT_ONCE = 10
LONGEST = 0.1
"""Seconds within which the clients disconnect; ten concurrent requests take about as long."""
TIMEOUT = 10
"""Seconds after which a request counts as never answered."""
RENAME = (
    "mutation($id: ID!, $name: String!) { updateOpportunity(input: {id: $id, name: $name}) { __typename } }"
)
ASSESS = """mutation($id: ID!, $name: String!) { assessCriteria(input: {opportunityId: $id, assessments: [
  {criterion: "pain", grade: VALIDATED, evidence: $name}, {criterion: "fit", grade: IDENTIFIED}]}) {
  __typename } }"""
VERBS = cycle([RENAME, ASSESS])


async def test_clients_that_disconnect_mid_request_leave_no_partial_writes(own_database: str) -> None:
    async with serving(own_database) as server:
        fixtures = await create_mutation_fixtures(own_database, server)
        before = await _version(fixtures)
        for start in range(0, CANCELS, AT_ONCE):
            await asyncio.gather(
                *(_disconnect_early(fixtures, number) for number in range(start, start + AT_ONCE))
            )

        answer = await server.ask(
            fixtures.keys["admin"], RENAME, id=fixtures.ids["lead"], name="The last word"
        )

    assert answer == {"data": {"updateOpportunity": {"__typename": "OpportunityChanged"}}}
    async with open_database(own_database, all_contexts=False):
        deal = _uuid(fixtures.ids["lead"])
        assert await _count_changes(deal) > before
        assert "The last word" in await _event_names(deal)


async def _version(fixtures: MutationFixtures) -> int:
    query = "query($id: ID!) { opportunity(id: $id) { version } }"
    answer = await fixtures.server.ask(fixtures.keys["admin"], query, id=fixtures.ids["lead"])
    return int(answer["data"]["opportunity"]["version"])


async def _disconnect_early(fixtures: MutationFixtures, number: int) -> None:
    """Send a mutation, and disconnect a little later without waiting for the answer."""
    address = urlsplit(fixtures.server.base_url)
    variables = {"id": fixtures.ids["lead"], "name": f"Said by client {number}"}
    body = json.dumps({"query": next(VERBS), "variables": variables})
    lines = ["POST /graphql HTTP/1.1", "Host: localhost", f"Authorization: Bearer {fixtures.keys['admin']}"]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", body]
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write("\r\n".join(lines).encode())
    await writer.drain()
    await asyncio.sleep(random.random() * LONGEST)
    writer.transport.abort()


@pytest.fixture
async def deal(organization: TestOrganization) -> UUID:
    """Create a lead at version 1."""
    account = await create_account(organization.ctx, {"name": "Cancity"})
    return await create_opportunity(
        organization.ctx, NewOpportunity(account, None, None), {"name": "GTX Pro"}
    )


@pytest.fixture
async def in_process_client(
    database: str, organization: TestOrganization
) -> AsyncIterator[httpx.AsyncClient]:
    """Yield the application in this process, where a request can be cancelled at any statement."""
    app = create_app(Settings.read({"PURSUIT_DATABASE_URL": database}))
    credentials = {"Authorization": f"Bearer {organization.api_key}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://inside", headers=credentials
    ) as client:
        yield client


async def test_a_request_cancelled_at_any_statement_is_written_completely_or_not_at_all(
    in_process_client: httpx.AsyncClient, deal: UUID
) -> None:
    begun = 0
    for number, place in enumerate(islice(cycle(range(40)), CANCELS)):
        begun += await _cancel_at(in_process_client, deal, number, at=place)
    await drain()

    assert await _count_changes(deal) == begun
    answer = await asyncio.wait_for(_ask(in_process_client, RENAME, deal, "The last word"), TIMEOUT)
    assert answer.json()["data"] == {"updateOpportunity": {"__typename": "OpportunityChanged"}}


async def _cancel_at(client: httpx.AsyncClient, deal: UUID, number: int, *, at: int) -> bool:
    """Cancel a request as it sends this statement; return whether its transaction had begun."""
    begun = False
    heard = 0

    def listen(text: str) -> None:
        nonlocal begun, heard
        begun = begun or text.startswith("BEGIN")
        heard += 1
        if heard == at + 1:
            asyncio.get_running_loop().call_soon(request.cancel) if number % 2 else request.cancel()

    async with statements(listen):
        request = asyncio.create_task(_ask(client, next(VERBS), deal, f"Said by client {number}"))
        [answer] = await asyncio.wait_for(asyncio.gather(request, return_exceptions=True), TIMEOUT)
        await drain()
    assert request.cancelled() or (isinstance(answer, httpx.Response) and answer.status_code == 200), answer
    return begun


async def _ask(client: httpx.AsyncClient, query: str, deal: UUID, name: str) -> httpx.Response:
    variables = {"id": encode("Opportunity", deal), "name": name}
    return await client.post("/graphql", json={"query": query, "variables": variables})


async def _count_changes(deal: UUID) -> int:
    """Return the number of changes to a deal; its version, events, name and assessments must agree."""
    row = await Opportunity.get(id=deal)
    events = await _deal_events(deal)
    versions = [event["payload"]["version"] for event in events]
    assert list(dict.fromkeys(versions)) == list(range(1, row.version + 1))
    assert row.name == (await _event_names(deal))[-1]
    grades = [event["payload"]["grades"] for event in events if event["type"] == "criterion.assessed"]
    assert await Assessment.filter(opportunity_id=deal).count() == sum(map(len, grades))
    return len(events) - 1


async def _event_names(deal: UUID) -> list[str]:
    changes = [event["payload"].get("changes", {}) for event in await _deal_events(deal)]
    return [change["name"]["new"] for change in changes if "name" in change]


async def _deal_events(deal: UUID) -> list[dict[str, Any]]:
    return (
        await Event.filter(aggregateid=deal)
        .exclude(type__startswith="alert.")
        .order_by("pos")
        .values("type", "payload")
    )


def _uuid(id: str) -> UUID:
    named = decode(id)
    assert named is not None
    return named[1]
