"""The statements of one request that changes an opportunity, those of its credentials and answer included."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import create_app
from api.config.settings import Settings
from schema.core.ids import encode
from tests.support.organizations import TestOrganization
from tests.support.serving import NO_TLS
from tests.support.statements import statements
from tests.support.team import SELLER_EMAIL, import_deals
from workflow.models import Opportunity
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.rules.enums import BuyingRole, OpportunityState, Role

DEAL = "id name version state updatedAt probability attributes health { score } alerts { code severity }"
UPDATE = """mutation($id: ID!, $name: String!) { updateOpportunity(input: {id: $id, name: $name}) {
  ... on OpportunityChanged { opportunity { id name version state health { score } } } } }"""
UPDATE_AND_READ = UPDATE.replace("id name version state health { score }", DEAL)
READ = f"query($id: ID!) {{ opportunity(id: $id) {{ {DEAL} }} }}"
ACTIVITY = """mutation($id: ID!, $contact: ID!) { logActivity(input: {opportunityId: $id, kind: CALL,
  direction: INBOUND, twoWay: true, summary: "They called", contactIds: [$contact]}) {
  __typename ... on ActivityChanged { activity { id } } } }"""
TRANSITION = """mutation($id: ID!, $override: OverrideInput!) { %s(input: {id: $id, %s override: $override}) {
  __typename ... on TransitionSucceeded { opportunity { id state health { score } } }
  ... on TransitionBlocked { unmet { key } } } }"""
QUALIFY = TRANSITION % ("qualifyOpportunity", 'painSince: "2026-01-01",')
WIN = TRANSITION % ("winOpportunity", "reason: SPEED,")
LOSE = TRANSITION % ("loseOpportunity", "reason: PRICE,")
REGRESS = TRANSITION % ("regressOpportunity", 'note: "They asked for more time.",')


@pytest.fixture
async def client(database: str, organization: TestOrganization) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the application in this process, whose statements are recorded."""
    transport = httpx.ASGITransport(create_app(Settings.read({"PURSUIT_DATABASE_URL": database})))
    headers = {"Authorization": f"Bearer {organization.api_key}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://inside", headers=headers, verify=NO_TLS
    ) as opened:
        yield opened


async def ask(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    """Return the result of a request that must succeed."""
    answer = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    assert "errors" not in answer, answer
    [result] = answer["data"].values()
    assert result.get("__typename") != "TransitionBlocked", result
    return result


def override() -> dict[str, Any]:
    """Return an override of every requirement that one of these gates may leave unmet."""
    keys = [
        "criterion.pain", "criterion.interest", "criterion.fit", "role.stakeholder", "field.next_step", "fit",
        "field.value", "milestone.decision_made", "milestone.terms_agreed", "risk.open", "role.decision",
    ]  # fmt: skip
    return {"requirementKeys": keys, "reason": "The board wants this deal to go on."}


async def deals(organization: TestOrganization, state: OpportunityState, count: int = 2) -> list[UUID]:
    """Import deals, each with an alert once it is changed and with a stakeholder."""
    await organization.ctx_of(Role.REP, SELLER_EMAIL)
    return list((await import_deals(organization, {str(number): state for number in range(count)})).values())


async def count_statements(client: httpx.AsyncClient, query: str, **variables: Any) -> int:
    """Return the number of statements of a request, without those that begin and end transactions."""
    async with statements() as seen:
        await ask(client, query, **variables)
    return len(seen)


@pytest.mark.parametrize(
    ("state", "mutation"),
    [
        (OpportunityState.LEAD, QUALIFY),
        (OpportunityState.PROGRESSING, WIN),
        (OpportunityState.PROGRESSING, LOSE),
        (OpportunityState.PROGRESSING, REGRESS),
    ],
)
async def test_a_transition_takes_at_most_14_statements(
    client: httpx.AsyncClient, organization: TestOrganization, state: OpportunityState, mutation: str
) -> None:
    first, id = (encode("Opportunity", id) for id in await deals(organization, state))
    for deal in (first, id):
        await ask(client, UPDATE, id=deal, name="Renamed")
    await ask(client, mutation, id=first, override=override())

    assert await count_statements(client, mutation, id=id, override=override()) <= 14


async def test_an_update_takes_at_most_10_statements_and_an_activity_12(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    [id, _] = await deals(organization, OpportunityState.PROGRESSING)
    [account] = await Opportunity.filter(id=id).values_list("account_id", flat=True)
    contact = await create_contact(organization.ctx, UUID(str(account)), {"name": "Kim"})
    await add_stakeholder(organization.ctx, id, NewStakeholder(contact, [BuyingRole.CHAMPION]))
    deal = encode("Opportunity", id)
    spoken = {"id": deal, "contact": encode("Contact", contact)}
    await ask(client, UPDATE, id=deal, name="Renamed")
    await ask(client, ACTIVITY, **spoken)

    assert await count_statements(client, UPDATE, id=deal, name="Renamed again") <= 10
    assert await count_statements(client, ACTIVITY, **spoken) <= 12


async def test_the_answer_has_the_deal_as_it_was_written(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    [id, _] = await deals(organization, OpportunityState.LEAD)
    deal = encode("Opportunity", id)

    answered = (await ask(client, UPDATE_AND_READ, id=deal, name="Renamed"))["opportunity"]

    stored = await ask(client, READ, id=deal)
    assert answered == stored
    assert (stored["name"], stored["version"]) == ("Renamed", 2)
