"""The qualification as clients read it: the latest assessment, its trail, and what has gone stale."""

from datetime import timedelta
from typing import Any

import pytest

from schema.core.ids import encode
from tests.support.graphql import execute
from tests.support.organizations import TestOrganization
from tests.support.scenarios.activities import LATER, ActivityScenario, new_activity_scenario
from workflow.models import Stakeholder
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.rules.enums import Grade

QUERY = """query($id: ID!) { opportunity(id: $id) { qualification { score isOpportunity assessments {
  criterion { key } grade evidence evidenceUrl stale saidBy { contact { name } } assessedBy { name }
  assessedAt
  trail { grade evidence saidBy { contact { name } } } } } } }"""
EVIDENCE = "They lose two shifts a week to it."


@pytest.fixture
async def scenario(organization: TestOrganization) -> ActivityScenario:
    """A deal whose pain Kim validated after Grace had named it."""
    scenario = await new_activity_scenario(organization)
    stakeholders = await Stakeholder.filter(opportunity_id=scenario.deal).order_by("id")
    for person, grade in zip(stakeholders, (Grade.IDENTIFIED, Grade.VALIDATED), strict=True):
        new = NewAssessment("pain", grade, evidence=EVIDENCE, said_by_id=person.id)
        await assess_criteria(scenario.ctx, scenario.deal, [new], pain_since=None, expected_version=None)
    return scenario


async def read(scenario: ActivityScenario, *, after_days: int = 0) -> dict[str, Any]:
    """The assessments by criterion, so many days later."""
    id = encode("Opportunity", scenario.deal)
    found = await execute(scenario.ctx, QUERY, id=id, now=LATER + timedelta(days=after_days))
    qualification: dict[str, Any] = found["opportunity"]["qualification"]
    by_key = {one["criterion"]["key"]: one for one in qualification["assessments"]}
    return {**qualification, "assessments": by_key}


async def test_the_latest_assessment_counts_and_the_earlier_one_is_in_its_trail(
    scenario: ActivityScenario,
) -> None:
    pain = (await read(scenario))["assessments"]["pain"]

    assert (pain["grade"], pain["evidence"], pain["saidBy"]) == (
        "VALIDATED",
        EVIDENCE,
        {"contact": {"name": "Kim"}},
    )
    assert pain["assessedBy"] == {"name": scenario.ctx.viewer.name}
    assert pain["trail"] == [
        {"grade": "IDENTIFIED", "evidence": EVIDENCE, "saidBy": {"contact": {"name": "Grace"}}}
    ]


async def test_a_criterion_that_nobody_assessed_is_unknown(scenario: ActivityScenario) -> None:
    budget = (await read(scenario))["assessments"]["budget"]

    assert budget == {
        "criterion": {"key": "budget"},
        "grade": "UNKNOWN",
        "stale": False,
        "trail": [],
        **dict.fromkeys(("evidence", "evidenceUrl", "saidBy", "assessedBy", "assessedAt")),
    }


@pytest.mark.parametrize(("days", "stale"), [(90, False), (91, True)])
async def test_an_assessment_goes_stale_after_the_days_of_its_criterion(
    scenario: ActivityScenario, days: int, stale: bool
) -> None:
    found = await read(scenario, after_days=days)

    assert found["assessments"]["pain"]["stale"] is stale
    assert (found["score"] == 0, found["isOpportunity"]) == (stale, False)
