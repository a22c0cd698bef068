"""Concurrent transitions over HTTP: exactly one succeeds, and the others get the current state."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import httpx

from schema.core.ids import encode
from tests.support.organizations import TestOrganization
from workflow.models import Assessment, Event, Opportunity, Transition
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity
from workflow.rules.enums import BuyingRole

AT_ONCE = 50
QUALIFY = """mutation($input: QualifyOpportunityInput!) { qualifyOpportunity(input: $input) { __typename
  ... on TransitionSucceeded { opportunity { version state } }
  ... on IllegalTransition { from allowedTriggers opportunity { version state } } } }"""
EVIDENCE = "The plant manager said on the phone that they lose two shifts a week to it."
ASSESSMENTS = [
    {"criterion": key, "grade": "VALIDATED", "evidence": EVIDENCE} for key in ("pain", "interest", "fit")
]
NEXT_STEP = {"text": "Show the pilot", "dueDate": "2099-01-01"}
QUALIFIED = {"version": 3, "state": "QUALIFIED"}


async def test_of_fifty_concurrent_qualifies_one_succeeds(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    lead = await lead_with_a_stakeholder(organization)
    given = {"id": encode("Opportunity", lead), "assessments": ASSESSMENTS, "nextStep": NEXT_STEP}

    answers = await asyncio.gather(*(qualify(client, given) for _ in range(AT_ONCE)))

    won = {"__typename": "TransitionSucceeded", "opportunity": QUALIFIED}
    late = {"__typename": "IllegalTransition", "from": "QUALIFIED", "opportunity": QUALIFIED}
    assert Counter(answer["__typename"] for answer in answers) == {
        won["__typename"]: 1,
        late["__typename"]: 49,
    }
    ways = {"allowedTriggers": ["PROGRESS", "LOSE", "DISQUALIFY", "REGRESS"]}
    assert all(answer in (won, late | ways) for answer in answers)


async def test_fifty_concurrent_qualifies_write_one_transition(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    lead = await lead_with_a_stakeholder(organization)
    given = {"id": encode("Opportunity", lead), "assessments": ASSESSMENTS, "nextStep": NEXT_STEP}

    await asyncio.gather(*(qualify(client, given) for _ in range(AT_ONCE)))

    deal = await Opportunity.get(id=lead)
    events = (
        await Event.filter(aggregateid=lead).exclude(type__startswith="alert.").order_by("pos").values("type")
    )
    assert (deal.state, deal.version) == ("QUALIFIED", 3)
    assert await Transition.filter(opportunity_id=lead).values("sequence", "trigger") == [
        {"sequence": 1, "trigger": "QUALIFY"}
    ]
    assert await Assessment.filter(opportunity_id=lead).count() == len(ASSESSMENTS)
    assert [event["type"] for event in events] == [
        "opportunity.created",
        "stakeholder.added",
        "criterion.assessed",
        "opportunity.transitioned",
    ]


async def qualify(client: httpx.AsyncClient, given: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to one attempt."""
    answer = await client.post("/graphql", json={"query": QUALIFY, "variables": {"input": given}})
    body = answer.json()
    assert "errors" not in body, body
    result: dict[str, Any] = body["data"]["qualifyOpportunity"]
    return result


async def lead_with_a_stakeholder(organization: TestOrganization) -> UUID:
    """A lead at version 2 that lacks assessments and a next step."""
    ctx = organization.ctx
    account = await create_account(ctx, {"name": "Cancity"})
    lead = await create_opportunity(
        ctx, NewOpportunity(account, None, None), {"name": "GTX Pro for the plant"}
    )
    contact = await create_contact(ctx, account, {"name": "Maria Plant"})
    await add_stakeholder(ctx, lead, NewStakeholder(contact_id=contact, roles=[BuyingRole.PROBLEM_OWNER]))
    return lead
