"""Health, insight and the trail of a criterion over HTTP."""

from typing import Any
from uuid import UUID

import pytest

from schema.core.ids import encode
from tests.support.organizations import TestOrganization
from tests.support.rows import deal_row, row_defaults
from tests.support.scenarios.health import EVIDENCE, new_health_scenario, stored_health
from tests.support.serving import Server
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Opportunity
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, lose
from workflow.rules.codec import camel
from workflow.rules.enums import BuyingRole, Grade, InsightTopicName, LossReason, OpportunityState

S = OpportunityState
VIEW = """query ($id: ID!) { node(id: $id) { ... on Opportunity {
    health { score band factors { key label points maxPoints explanation } }
    insight { completenessPercent topics { topic status summary missing } }
} } }"""
TRAIL = """query ($id: ID!) { node(id: $id) { ... on Opportunity { qualification { assessments {
    criterion { key } grade assessedAt
    trail { grade evidence evidenceUrl assessedAt assessedBy { name } saidBy { roles } }
} } } } }"""
LIST = """query ($filter: OpportunityFilter, $direction: OrderDirection!) {
    opportunities(filter: $filter, orderBy: [{ field: HEALTH, direction: $direction }]) { nodes { name } }
}"""


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """A sales team; every test has a deal of its own."""
    return await new_sales_team()


async def read(server: Server, team: SalesTeam, id: UUID, query: str = VIEW) -> dict[str, Any]:
    """Read the deal as the admin."""
    body = await server.ask(team.organization.api_key, query, id=encode("Opportunity", id))
    node: dict[str, Any] = body["data"]["node"]
    return node


async def test_the_health_field_returns_the_stored_health(server: Server, team: SalesTeam) -> None:
    scenario = await new_health_scenario(team)
    await scenario.log_call()
    await scenario.raise_critical_risk()

    health = (await read(server, team, scenario.deal))["health"]

    row = await stored_health(scenario.deal)
    said = [{camel(name): value for name, value in factor.items()} for factor in row["health_factors"]]
    assert (health["score"], health["factors"]) == (row["health"], said)
    assert (health["score"], health["band"]) == (60, "AMBER")
    assert sum(factor["points"] for factor in health["factors"]) == 60


async def test_a_deal_without_stored_health_is_evaluated_on_read(server: Server, team: SalesTeam) -> None:
    scenario = await new_health_scenario(team)
    await scenario.raise_critical_risk()
    await Opportunity.filter(id=scenario.deal).update(health=None, health_factors=None)

    health = (await read(server, team, scenario.deal))["health"]

    points = {factor["key"]: factor["points"] for factor in health["factors"]}
    assert (points["buyer_activity"], points["close_date"], points["risks"]) == (0, 10, -10)
    assert health["score"] == sum(points.values())
    assert (await Opportunity.filter(id=scenario.deal).values("health"))[0]["health"] is None


async def test_insight_has_every_topic_and_its_missing_facts(server: Server, team: SalesTeam) -> None:
    scenario = await new_health_scenario(team)
    await scenario.add_stakeholder()

    found = (await read(server, team, scenario.deal))["insight"]

    topics = {topic["topic"]: topic for topic in found["topics"]}
    assert list(topics) == list(InsightTopicName)
    assert topics["DECISION_TEAM"]["missing"] == ["roles: champion, 0 of 1"]
    assert {name: topic["status"] for name, topic in topics.items() if topic["status"] != "UNKNOWN"} == {
        "DECISION_TEAM": "PARTIAL",
        "PROGRESS": "PARTIAL",
    }
    assert found["completenessPercent"] == 8  # 100 of 1200


async def test_a_closed_deal_returns_the_insight_at_its_close(server: Server, team: SalesTeam) -> None:
    scenario = await new_health_scenario(team)
    await scenario.add_stakeholder()
    before = (await read(server, team, scenario.deal))["insight"]

    await lose(scenario.ctx, scenario.deal, LossDetails(LossReason.PRICE), TransitionOptions())

    assert before["topics"][0]["status"] == "UNKNOWN"
    found = (await read(server, team, scenario.deal))["insight"]
    assert [topic["status"] for topic in found["topics"][:11]] == [
        topic["status"] for topic in before["topics"][:11]
    ]


@pytest.mark.parametrize(
    ("direction", "filter", "names"),
    [
        ("ASC", None, ["ill", "well", "unjudged"]),
        ("DESC", None, ["well", "ill", "unjudged"]),
        ("ASC", {"health": {"min": 20, "max": 79}}, ["ill"]),
        ("ASC", {"health": {"min": 80}}, ["well"]),
        ("ASC", {"not": {"health": {"min": 80}}}, ["ill", "unjudged"]),
    ],
)
async def test_deals_are_listed_by_their_health_and_those_without_come_last(
    server: Server, organization: TestOrganization, direction: str, filter: object, names: list[str]
) -> None:
    place = await row_defaults(organization)
    healths = {"unjudged": None, "well": 80, "ill": 20}
    await Opportunity.bulk_create(
        [deal_row(place, name=name, health=health) for name, health in healths.items()]
    )

    body = await server.ask(organization.api_key, LIST, filter=filter, direction=direction)

    assert [deal["name"] for deal in body["data"]["opportunities"]["nodes"]] == names


async def test_earlier_assessments_are_listed_newest_first(server: Server, team: SalesTeam) -> None:
    scenario = await new_health_scenario(team, S.LEAD)
    who = await add_stakeholder(
        scenario.ctx, scenario.deal, NewStakeholder(await scenario.add_contact(), [BuyingRole.CHAMPION])
    )
    for grade, said_by in ((Grade.IDENTIFIED, None), (Grade.VALIDATED, who), (Grade.DISPROVED, None)):
        answer = NewAssessment("pain", grade, EVIDENCE, "https://acme.example/minutes", said_by)
        await assess_criteria(scenario.ctx, scenario.deal, [answer], pain_since=None, expected_version=None)

    assessments = (await read(server, team, scenario.deal, TRAIL))["qualification"]["assessments"]

    pain, *others = assessments
    assert (pain["criterion"]["key"], pain["grade"]) == ("pain", "DISPROVED")
    assert [(earlier["grade"], earlier["saidBy"]) for earlier in pain["trail"]] == [
        ("VALIDATED", {"roles": ["CHAMPION"]}),
        ("IDENTIFIED", None),
    ]
    times = [answer["assessedAt"] for answer in (pain, *pain["trail"])]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 3
    first = pain["trail"][-1]
    assert (first["evidence"], first["evidenceUrl"]) == (EVIDENCE, "https://acme.example/minutes")
    assert first["assessedBy"] == {"name": scenario.ctx.viewer.name}
    assert [answer["trail"] for answer in others] == [[]] * 5
