"""The mutation of the buyer: lists are replaced, null clears them, and owners of steps are stakeholders."""

from typing import Any

import pytest

from schema.core.ids import encode
from tests.support.graphql import execute
from tests.support.organizations import TestOrganization
from tests.support.scenarios.activities import ActivityScenario, new_activity_scenario

UPDATE = """mutation($input: UpdateBuyerInput!) { updateBuyer(input: $input) { __typename ... on NotFound {
  id }
  ... on OpportunityChanged { opportunity { buyer { purchaseProcess decisionSteps { name } objectives { text
  } } } } } }"""
STEPS = [{"name": "Shortlist"}, {"name": "Sign"}]
OBJECTIVES = [{"text": "Save time"}]


@pytest.fixture
async def scenario(organization: TestOrganization) -> ActivityScenario:
    """A deal whose buyer is known."""
    scenario = await new_activity_scenario(organization)
    await update(scenario, purchaseProcess="TENDER", decisionSteps=STEPS, objectives=OBJECTIVES)
    return scenario


async def update(scenario: ActivityScenario, **changes: Any) -> dict[str, Any]:
    """Change the buyer of the deal."""
    input = {"opportunityId": encode("Opportunity", scenario.deal), **changes}
    result: dict[str, Any] = (await execute(scenario.ctx, UPDATE, input=input))["updateBuyer"]
    return result


async def test_fields_that_are_left_out_stay(scenario: ActivityScenario) -> None:
    buyer = (await update(scenario, decisionSteps=STEPS[1:]))["opportunity"]["buyer"]

    assert buyer == {"purchaseProcess": "TENDER", "decisionSteps": STEPS[1:], "objectives": OBJECTIVES}


async def test_null_clears_lists_and_the_process(scenario: ActivityScenario) -> None:
    buyer = (await update(scenario, purchaseProcess=None, decisionSteps=None, objectives=None))[
        "opportunity"
    ]["buyer"]

    assert buyer == {"purchaseProcess": "UNKNOWN", "decisionSteps": [], "objectives": []}


async def test_a_contact_cannot_own_a_decision_step(scenario: ActivityScenario) -> None:
    contact = encode("Contact", scenario.grace)

    assert await update(scenario, decisionSteps=[{"name": "Sign", "ownerId": contact}]) == {
        "__typename": "NotFound",
        "id": contact,
    }
