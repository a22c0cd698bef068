"""Server-sent events: a stream for who asks for one, JSON for who merely lists it, and an end when the credentials end."""

import asyncio

import httpx
import pytest

from api.http.problems import GRAPHQL_JSON, JSON
from schema.core.ids import decode, encode
from tests.support.organizations import TestOrganization
from tests.support.serving import Server
from tests.support.subscription_clients import CHANGED, stream
from workflow.models import ApiKey
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity, update_opportunity
from workflow.operations.people.api_keys import revoke_api_key
from workflow.rules.enums import Role

ROLE = "{ viewer { role } }"
STREAM = "text/event-stream"


@pytest.fixture
async def deal(organization: TestOrganization) -> str:
    """A lead's id."""
    account = await create_account(organization.ctx, {"name": "Cancity"})
    born = await create_opportunity(organization.ctx, NewOpportunity(account, None, None), {"name": "GTX"})
    return encode("Opportunity", born)


async def renamed(organization: TestOrganization, deal: str, name: str) -> None:
    """Change the deal."""
    found = decode(deal)
    assert found
    await update_opportunity(organization.ctx, found[1], {"name": name}, expected_version=None)


async def test_a_change_is_told_to_its_subscriber(
    client: httpx.AsyncClient, organization: TestOrganization, deal: str
) -> None:
    async with stream(client, CHANGED, id=deal) as events:
        await renamed(organization, deal, "GTX Pro")

        told = await anext(events)

    assert told["data"]["opportunityChanged"]["name"] == "GTX Pro"


async def test_a_query_is_one_answer_and_the_end(client: httpx.AsyncClient) -> None:
    async with stream(client, ROLE) as events:
        told = [event async for event in events]

    assert [event and event["data"] for event in told] == [{"viewer": {"role": "ADMIN"}}, None]


async def test_what_cannot_run_is_told_in_the_stream(client: httpx.AsyncClient) -> None:
    async with stream(client, "{ viewer {") as events:
        told = [event async for event in events]

    assert [event and event["errors"][0]["extensions"]["code"] for event in told] == ["GRAPHQL_PARSE_FAILED", None]


async def test_a_subscription_is_streamed_by_get_too(client: httpx.AsyncClient) -> None:
    query = 'subscription { opportunityChanged(id: "x") { name } }'

    answer = await client.get("/graphql", params={"query": query}, headers={"Accept": STREAM})

    assert '"data":{"opportunityChanged":null}' in answer.text
    assert answer.text.endswith("event: complete\ndata: \n\n")


@pytest.mark.parametrize(
    "accept", [f"{STREAM}, {JSON}", f"{GRAPHQL_JSON}, {JSON}, {STREAM}, multipart/mixed", f"{STREAM}, */*"]
)
async def test_who_takes_json_too_gets_json_unless_they_subscribe(client: httpx.AsyncClient, accept: str) -> None:
    headers = {"Accept": accept}
    subscription = 'subscription { opportunityChanged(id: "x") { name } }'

    answer = await client.post("/graphql", json={"query": ROLE}, headers=headers)
    streamed = await client.post("/graphql", json={"query": subscription}, headers=headers)

    assert answer.json()["data"] == {"viewer": {"role": "ADMIN"}}
    assert streamed.headers["content-type"].startswith(STREAM)


async def test_who_is_not_known_gets_no_stream(server: Server) -> None:
    async with server.client() as client:
        answer = await client.post("/graphql", json={"query": ROLE}, headers={"Accept": STREAM})

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


async def test_a_stream_ends_with_its_credentials(server: Server, organization: TestOrganization, deal: str) -> None:
    key = await organization.key(Role.OBSERVER)
    [found] = await ApiKey.filter(public_id=key.split("_")[1]).values("id")
    async with server.client(key) as client, stream(client, CHANGED, id=deal) as events:
        await revoke_api_key(organization.ctx, found["id"])

        async with asyncio.timeout(5):
            told = [event async for event in events]

    assert [event and event["errors"][0]["extensions"]["code"] for event in told] == ["UNAUTHENTICATED", None]
