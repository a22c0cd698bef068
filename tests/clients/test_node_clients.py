"""JavaScript clients on a real server: queries, mutations, persisted queries, errors, subscriptions."""

import asyncio

import pytest

from schema.core.ids import encode
from tests.clients.node import run_script
from tests.support.organizations import TestOrganization, new_organization
from tests.support.serving import Server, free_port, serving
from workflow.models import Event
from workflow.models.engine.database import open_database
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity

ROLE = {"viewer": {"__typename": "Viewer", "role": "ADMIN"}}
UPDATED = {"updateOpportunity": {"__typename": "OpportunityChanged"}}
CREATE = "mutation($name: String!) { createAccount(input: {name: $name}) { __typename } }"
TURNS = 4
EVENTS_PER_TURN = 15
DEAL = ["__typename", "id", "name"]


@pytest.fixture
async def deal(organization: TestOrganization) -> str:
    """Create a lead, and return its id."""
    account = await create_account(organization.ctx, {"name": "Cancity"})
    deal_id = await create_opportunity(organization.ctx, NewOpportunity(account, None, None), {"name": "GTX"})
    return encode("Opportunity", deal_id)


async def test_the_audits_of_graphql_over_http_all_pass(
    server: Server, organization: TestOrganization
) -> None:
    audits = await run_script("audits", f"{server.base_url}/graphql", organization.api_key)

    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == 61


@pytest.mark.parametrize(("script", "refused"), [("graphql-ws", 4403), ("graphql-sse", 401)])
async def test_streaming_clients(
    server: Server, organization: TestOrganization, deal: str, script: str, refused: int
) -> None:
    found = await run_script(script, f"{server.base_url}/graphql", organization.api_key, deal)

    errors = ["GRAPHQL_VALIDATION_FAILED"]
    assert found == {
        "query": ROLE,
        "mutation": UPDATED,
        "errors": errors,
        "subscription": DEAL,
        "refused": refused,
    }


@pytest.mark.parametrize(
    ("script", "fetched"),
    [
        (
            "apollo",
            [
                ["POST", False],
                ["POST", True],
                ["POST", False],
                ["GET", False],
                ["POST", True],
                ["GET", False],
            ],
        ),
        (
            "urql",
            [
                [method, True, "application/json", hashed]
                for method in ("POST", "GET")
                for hashed in (True, False, True)
            ],
        ),
    ],
)
async def test_application_clients(
    server: Server, organization: TestOrganization, deal: str, script: str, fetched: object
) -> None:
    found = await run_script(script, f"{server.base_url}/graphql", organization.api_key, deal)

    common = {
        "query": ROLE,
        "mutation": UPDATED,
        "errors": ["GRAPHQL_VALIDATION_FAILED"],
        "subscription": DEAL,
    }
    assert found == {**common, "asked": [ROLE] * 4, "fetched": fetched}


@pytest.mark.parametrize("client", ["graphql-ws", "graphql-sse"])
async def test_a_resubscribing_client_loses_nothing_through_restarts_and_kills(
    own_database: str, client: str
) -> None:
    port = free_port()
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()
        arguments = (
            f"http://127.0.0.1:{port}/graphql",
            organization.api_key,
            client,
            str(TURNS * EVENTS_PER_TURN),
        )
        listening = asyncio.create_task(run_script("through-restarts", *arguments))
        for turn in range(TURNS):
            async with serving(own_database, PORT=str(port)) as server:
                for number in range(EVENTS_PER_TURN):
                    await server.ask(organization.api_key, CREATE, name=f"Account {turn} {number}")
                if turn == TURNS - 1:
                    found = await listening
                elif turn % 2 and server.process is not None:
                    server.process.kill()
        events = await Event.filter(type="account.created").order_by("xid", "pos").values("id")

    assert found["received"] == [encode("Event", event["id"]) for event in events]
    assert found["endings"] >= TURNS - 1
