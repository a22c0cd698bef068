"""Stakeholders as clients read them: their conversations, and their relations to each other."""

from typing import Any

import pytest

from schema.core.ids import encode
from tests.support.graphql import execute
from tests.support.organizations import TestOrganization
from tests.support.scenarios.activities import LATER, ActivityScenario, new_activity_scenario
from workflow.models import Stakeholder

QUERY = """query($id: ID!) { opportunity(id: $id) { buyer { stakeholders {
  id coverage lastTwoWayAt contact { name } relations { kind to { contact { name } } } } } } }"""
UPDATE = """mutation($input: UpdateStakeholderInput!) { updateStakeholder(input: $input) { __typename
  ... on StakeholderChanged { stakeholder { left relations { kind to { contact { name } } } } } } }"""


@pytest.fixture
async def scenario(organization: TestOrganization) -> ActivityScenario:
    """A deal with Grace and Kim."""
    return await new_activity_scenario(organization)


async def ids(scenario: ActivityScenario) -> list[str]:
    """The ids of Grace and Kim as stakeholders."""
    rows = await Stakeholder.filter(opportunity_id=scenario.deal).order_by("id").values("id")
    return [encode("Stakeholder", row["id"]) for row in rows]


async def stakeholders(scenario: ActivityScenario) -> list[dict[str, Any]]:
    """Grace and Kim as clients read them."""
    data = await execute(scenario.ctx, QUERY, id=encode("Opportunity", scenario.deal))
    found: list[dict[str, Any]] = data["opportunity"]["buyer"]["stakeholders"]
    return found


async def update(scenario: ActivityScenario, **changes: Any) -> dict[str, Any]:
    """Change Grace."""
    grace = (await ids(scenario))[0]
    result: dict[str, Any] = (await execute(scenario.ctx, UPDATE, input={"id": grace, **changes}))[
        "updateStakeholder"
    ]
    return result


async def test_only_conversations_with_the_person_count(scenario: ActivityScenario) -> None:
    await scenario.log_two_way_call(scenario.grace, at=LATER)
    await scenario.log_two_way_call(scenario.grace, at=LATER)
    await scenario.log_call(contact_ids=(scenario.kim,))

    grace, kim = await stakeholders(scenario)

    assert (grace["coverage"], grace["lastTwoWayAt"]) == ("MULTIPLE", LATER.isoformat())
    assert (kim["coverage"], kim["lastTwoWayAt"]) == ("NONE", None)


async def test_relations_are_replaced_and_null_removes_them(scenario: ActivityScenario) -> None:
    kim = (await ids(scenario))[1]

    related = await update(scenario, relations=[{"kind": "REPORTS_TO", "toId": kim}])
    kept = await update(scenario, left=True)
    removed = await update(scenario, relations=None)

    relation = {"kind": "REPORTS_TO", "to": {"contact": {"name": "Kim"}}}
    assert related["stakeholder"] == {"left": False, "relations": [relation]}
    assert kept["stakeholder"] == {"left": True, "relations": [relation]}
    assert removed["stakeholder"] == {"left": True, "relations": []}
