"""Server-Sent Events: streams if the client asks for them, otherwise JSON, and the end of the credentials."""

import asyncio

import httpx
import pytest

from api.http.problems import GRAPHQL_JSON, JSON
from schema.core.ids import decode, encode
from tests.support.organizations import TestOrganization
from tests.support.serving import Server
from tests.support.subscription_clients import CHANGED, open_stream
from workflow.models import ApiKey
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity, update_opportunity
from workflow.operations.people.api_keys import revoke_api_key
from workflow.rules.enums import Role

ROLE = "{ viewer { role } }"
STREAM = "text/event-stream"


@pytest.fixture
async def deal(organization: TestOrganization) -> str:
    """Create a lead, and return its id."""
    account = await create_account(organization.ctx, {"name": "Cancity"})
    deal_id = await create_opportunity(organization.ctx, NewOpportunity(account, None, None), {"name": "GTX"})
    return encode("Opportunity", deal_id)


async def rename(organization: TestOrganization, deal: str, name: str) -> None:
    """Change the name of the deal."""
    found = decode(deal)
    assert found
    await update_opportunity(organization.ctx, found[1], {"name": name}, expected_version=None)


async def test_a_subscriber_receives_a_change(
    client: httpx.AsyncClient, organization: TestOrganization, deal: str
) -> None:
    async with open_stream(client, CHANGED, id=deal) as events:
        await rename(organization, deal, "GTX Pro")

        event = await anext(events)

    assert event["data"]["opportunityChanged"]["name"] == "GTX Pro"


async def test_a_query_is_streamed_as_one_answer_and_a_complete_event(client: httpx.AsyncClient) -> None:
    async with open_stream(client, ROLE) as events:
        received = [event async for event in events]

    assert [event and event["data"] for event in received] == [{"viewer": {"role": "ADMIN"}}, None]


async def test_an_invalid_operation_is_reported_in_the_stream(client: httpx.AsyncClient) -> None:
    async with open_stream(client, "{ viewer {") as events:
        received = [event async for event in events]

    assert [event and event["errors"][0]["extensions"]["code"] for event in received] == [
        "GRAPHQL_PARSE_FAILED",
        None,
    ]


async def test_a_subscription_is_streamed_by_get_too(client: httpx.AsyncClient) -> None:
    query = 'subscription { opportunityChanged(id: "x") { name } }'

    answer = await client.get("/graphql", params={"query": query}, headers={"Accept": STREAM})

    assert '"data":{"opportunityChanged":null}' in answer.text
    assert answer.text.endswith("event: complete\ndata: \n\n")


@pytest.mark.parametrize(
    "accept", [f"{STREAM}, {JSON}", f"{GRAPHQL_JSON}, {JSON}, {STREAM}, multipart/mixed", f"{STREAM}, */*"]
)
async def test_a_client_that_also_accepts_json_gets_json_except_for_subscriptions(
    client: httpx.AsyncClient, accept: str
) -> None:
    headers = {"Accept": accept}
    subscription = 'subscription { opportunityChanged(id: "x") { name } }'

    answer = await client.post("/graphql", json={"query": ROLE}, headers=headers)
    streamed = await client.post("/graphql", json={"query": subscription}, headers=headers)

    assert answer.json()["data"] == {"viewer": {"role": "ADMIN"}}
    assert streamed.headers["content-type"].startswith(STREAM)


async def test_unknown_credentials_get_no_stream(server: Server) -> None:
    async with server.client() as client:
        answer = await client.post("/graphql", json={"query": ROLE}, headers={"Accept": STREAM})

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


async def test_a_stream_ends_with_its_credentials(
    server: Server, organization: TestOrganization, deal: str
) -> None:
    key = await organization.key(Role.OBSERVER)
    [found] = await ApiKey.filter(public_id=key.split("_")[1]).values("id")
    async with server.client(key) as client, open_stream(client, CHANGED, id=deal) as events:
        await revoke_api_key(organization.ctx, found["id"])

        async with asyncio.timeout(5):
            received = [event async for event in events]

    assert [event and event["errors"][0]["extensions"]["code"] for event in received] == [
        "UNAUTHENTICATED",
        None,
    ]
