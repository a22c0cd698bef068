"""Health, insight and the trail of a criterion as clients read them, over real HTTP."""

from typing import Any
from uuid import UUID

import pytest

from schema.core.ids import encode
from tests.support.organizations import TestOrganization
from tests.support.rows import deal_row, place_of
from tests.support.scenarios.health import SAID, new_desk, stored
from tests.support.serving import Server
from tests.support.team import Crew, new_crew
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
LISTED = """query ($filter: OpportunityFilter, $direction: OrderDirection!) {
    opportunities(filter: $filter, orderBy: [{ field: HEALTH, direction: $direction }]) { nodes { name } }
}"""


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew; every test has a deal of its own."""
    return await new_crew()


async def read(server: Server, crew: Crew, id: UUID, query: str = VIEW) -> dict[str, Any]:
    """The deal as an admin reads it."""
    body = await server.ask(crew.organization.api_key, query, id=encode("Opportunity", id))
    node: dict[str, Any] = body["data"]["node"]
    return node


async def test_the_field_tells_what_is_stored_and_lists_go_by(server: Server, crew: Crew) -> None:
    desk = await new_desk(crew)
    await desk.talk()
    await desk.fear()

    told = (await read(server, crew, desk.deal))["health"]

    row = await stored(desk.deal)
    said = [{camel(name): value for name, value in factor.items()} for factor in row["health_factors"]]
    assert (told["score"], told["factors"]) == (row["health"], said)
    assert (told["score"], told["band"]) == (60, "AMBER")
    assert sum(factor["points"] for factor in told["factors"]) == 60


async def test_a_row_that_nothing_has_judged_yet_is_judged_as_it_is_read(server: Server, crew: Crew) -> None:
    desk = await new_desk(crew)
    await desk.fear()
    await Opportunity.filter(id=desk.deal).update(health=None, health_factors=None)

    told = (await read(server, crew, desk.deal))["health"]

    points = {factor["key"]: factor["points"] for factor in told["factors"]}
    assert (points["buyer_activity"], points["close_date"], points["risks"]) == (0, 10, -10)
    assert told["score"] == sum(points.values())
    assert (await Opportunity.filter(id=desk.deal).values("health"))[0]["health"] is None


async def test_insight_tells_of_every_topic_and_what_is_missing(server: Server, crew: Crew) -> None:
    desk = await new_desk(crew)
    await desk.person()

    told = (await read(server, crew, desk.deal))["insight"]

    topics = {topic["topic"]: topic for topic in told["topics"]}
    assert list(topics) == list(InsightTopicName)
    assert topics["DECISION_TEAM"]["missing"] == ["roles: CHAMPION, 0 of 1"]
    assert {name: topic["status"] for name, topic in topics.items() if topic["status"] != "UNKNOWN"} == {
        "DECISION_TEAM": "PARTIAL",
        "PROGRESS": "PARTIAL",
    }
    assert told["completenessPercent"] == 8  # 100 of 1200


async def test_a_closed_deal_tells_what_was_known_at_its_close(server: Server, crew: Crew) -> None:
    desk = await new_desk(crew)
    await desk.person()
    before = (await read(server, crew, desk.deal))["insight"]

    await lose(desk.ctx, desk.deal, LossDetails(LossReason.PRICE), TransitionOptions())

    assert before["topics"][0]["status"] == "UNKNOWN"
    told = (await read(server, crew, desk.deal))["insight"]
    assert [topic["status"] for topic in told["topics"][:11]] == [topic["status"] for topic in before["topics"][:11]]


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
    place = await place_of(organization)
    healths = {"unjudged": None, "well": 80, "ill": 20}
    await Opportunity.bulk_create([deal_row(place, name=name, health=health) for name, health in healths.items()])

    body = await server.ask(organization.api_key, LISTED, filter=filter, direction=direction)

    assert [deal["name"] for deal in body["data"]["opportunities"]["nodes"]] == names


async def test_earlier_answers_stay_in_the_trail_newest_first(server: Server, crew: Crew) -> None:
    desk = await new_desk(crew, S.LEAD)
    who = await add_stakeholder(desk.ctx, desk.deal, NewStakeholder(await desk.contact(), [BuyingRole.CHAMPION]))
    for grade, said_by in ((Grade.IDENTIFIED, None), (Grade.VALIDATED, who), (Grade.DISPROVED, None)):
        answer = NewAssessment("pain", grade, SAID, "https://acme.example/minutes", said_by)
        await assess_criteria(desk.ctx, desk.deal, [answer], pain_since=None, expected_version=None)

    told = (await read(server, crew, desk.deal, TRAIL))["qualification"]["assessments"]

    pain, *others = told
    assert (pain["criterion"]["key"], pain["grade"]) == ("pain", "DISPROVED")
    assert [(earlier["grade"], earlier["saidBy"]) for earlier in pain["trail"]] == [
        ("VALIDATED", {"roles": ["CHAMPION"]}),
        ("IDENTIFIED", None),
    ]
    times = [answer["assessedAt"] for answer in (pain, *pain["trail"])]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 3
    first = pain["trail"][-1]
    assert (first["evidence"], first["evidenceUrl"]) == (SAID, "https://acme.example/minutes")
    assert first["assessedBy"] == {"name": desk.ctx.viewer.name}
    assert [answer["trail"] for answer in others] == [[]] * 5
