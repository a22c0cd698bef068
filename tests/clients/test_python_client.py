"""The Python client gql: queries, mutations, errors over HTTP, and subscriptions over a WebSocket."""

import asyncio

import pytest
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

from schema.core.ids import encode
from tests.support.organizations import TestOrganization
from tests.support.serving import NO_TLS, Server
from tests.support.subscription_clients import CHANGED, RENAME, TIMEOUT
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity

MANY = "{ nodes(ids: [" + '"x", ' * 101 + "]) { id } }"


@pytest.fixture
async def deal(organization: TestOrganization) -> str:
    """Create a lead, and return its id."""
    account = await create_account(organization.ctx, {"name": "Cancity"})
    deal_id = await create_opportunity(organization.ctx, NewOpportunity(account, None, None), {"name": "GTX"})
    return encode("Opportunity", deal_id)


def over_http(server: Server, api_key: str) -> Client:
    """Yield a client that validates its documents against the schema it fetched."""
    headers = {"Authorization": f"Bearer {api_key}"}
    transport = HTTPXAsyncTransport(url=f"{server.base_url}/graphql", headers=headers, verify=NO_TLS)
    return Client(transport=transport, fetch_schema_from_transport=True)


def over_socket(server: Server, api_key: str) -> Client:
    """Yield a client of one WebSocket."""
    address = server.base_url.replace("http", "ws") + "/graphql"
    payload = {"authorization": f"Bearer {api_key}"}
    return Client(transport=WebsocketsTransport(url=address, init_payload=payload, close_timeout=1))


async def test_a_query_a_mutation_and_an_error(
    server: Server, organization: TestOrganization, deal: str
) -> None:
    async with over_http(server, organization.api_key) as session:
        asked = await session.execute(GraphQLRequest("{ viewer { role } }"))
        done = await session.execute(GraphQLRequest(RENAME, variable_values={"id": deal, "name": "By gql"}))
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(GraphQLRequest(MANY))

    assert asked == {"viewer": {"role": "ADMIN"}}
    assert done == {"updateOpportunity": {"__typename": "OpportunityChanged"}}
    assert [error["extensions"]["code"] for error in refused.value.errors or ()] == ["BAD_USER_INPUT"]


async def test_a_subscription(server: Server, organization: TestOrganization, deal: str) -> None:
    async with over_socket(server, organization.api_key) as session, asyncio.timeout(TIMEOUT):
        changes = session.subscribe(GraphQLRequest(CHANGED, variable_values={"id": deal}))
        first = asyncio.ensure_future(anext(aiter(changes)))
        number = 0
        while not first.done():
            number += 1
            variables = {"id": deal, "name": f"Renamed {number}"}
            await session.execute(GraphQLRequest(RENAME, variable_values=variables))
            await asyncio.wait({first}, timeout=0.05)

    assert first.result()["opportunityChanged"]["name"].startswith("Renamed ")
