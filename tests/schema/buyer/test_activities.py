"""Activities as clients read them: newest first, with their participants, and only if the deal is visible."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schema import schema
from schema.core.context import RequestContext
from schema.core.ids import encode
from tests.support.organizations import TestOrganization, new_organization
from tests.support.scenarios.activities import (
    CALL,
    LATER,
    ActivityScenario,
    log_call,
    new_activity_scenario,
    new_deal,
)
from tests.support.statements import Statements, statements
from workflow.models import Activity, Member
from workflow.operations.core.context import Ctx
from workflow.queries.actors import ACTOR_COLUMNS
from workflow.rules.enums import Role, Visibility

ACTIVITIES = """query($id: ID!, $first: Int, $after: String) { opportunity(id: $id) { activities(first:
  $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } nodes { summary with { name } } } } }"""
PAGE = """query($first: Int!) { opportunities(first: $first) { nodes {
  activities(first: 1) { totalCount nodes { summary with { name account { name } } } } } } }"""
LOG = """mutation($input: LogActivityInput!) { logActivity(input: $input) { __typename
  ... on ActivityChanged { opportunity { version activities { totalCount } } }
  ... on Duplicate { message existing { id } } } }"""
NODE = """query($id: ID!) { node(id: $id) { ... on Activity {
  kind direction twoWay at summary with { name } actor { kind name } } } }"""


@pytest.fixture
async def scenario(organization: TestOrganization) -> ActivityScenario:
    """A lead with two stakeholders."""
    return await new_activity_scenario(organization)


async def ask(ctx: Ctx, query: str, **variables: Any) -> tuple[dict[str, Any], Statements]:  # Any: JSON
    """Return the answer and the statements that it took."""
    context = RequestContext(viewer=ctx.viewer, now=ctx.now, request_id="diary")
    async with statements() as seen:
        answer = await schema.execute(query, variable_values=variables, context_value=context)
    assert answer.errors is None, answer.errors
    assert answer.data is not None
    return answer.data, seen


async def rep_without_team_visibility(organization: TestOrganization) -> Ctx:
    """A salesperson who can see only their own deals."""
    await organization.ctx_of(Role.REP, "rita@example.com")
    await Member.filter(organization_id=organization.id, email="rita@example.com").update(
        visibility=Visibility.OWN
    )
    return await organization.ctx_of(Role.REP, "rita@example.com", now=LATER)


async def test_activities_are_paged_newest_first_without_void_ones(scenario: ActivityScenario) -> None:
    for day in (3, 1, 2, 5, 4):
        await scenario.log_call(summary=f"{day}", at=LATER - timedelta(days=day))
    await scenario.correct(await scenario.log_call(summary="never"), void=True)

    walked = []
    after = None
    for _ in range(3):
        data, _ = await ask(
            scenario.ctx, ACTIVITIES, id=encode("Opportunity", scenario.deal), first=2, after=after
        )
        page = data["opportunity"]["activities"]
        walked.append(([node["summary"] for node in page["nodes"]], page["pageInfo"]["hasNextPage"]))
        after = page["pageInfo"]["endCursor"]
        assert page["totalCount"] == 5

    assert walked == [(["1", "2"], True), (["3", "4"], True), (["5"], False)]


async def test_a_page_of_50_deals_reads_activities_and_participants_once(scenario: ActivityScenario) -> None:
    deals = [scenario.deal, *[await new_deal(scenario.ctx, scenario.account) for _ in range(49)]]
    for deal in deals:
        for day in range(2):
            await scenario.log_two_way_call(
                scenario.kim, scenario.grace, deal=deal, summary=f"{day}", at=LATER - timedelta(days=day)
            )

    data, seen = await ask(scenario.ctx, PAGE, first=50)
    _, few = await ask(scenario.ctx, PAGE, first=2)

    person = {"account": {"name": "Acme"}}
    both = [{"name": "Kim", **person}, {"name": "Grace", **person}]
    shown = {"totalCount": 2, "nodes": [{"summary": "0", "with": both}]}
    assert data["opportunities"]["nodes"] == [{"activities": shown}] * 50
    assert seen.by_table() == few.by_table()
    assert seen.by_table() == Counter(
        {"opportunity": 1, "activity": 1, "activity_contact": 1, "contact": 1, "account": 1}
    )


async def test_an_activity_is_found_by_id_if_its_deal_is_visible(
    organization: TestOrganization, scenario: ActivityScenario
) -> None:
    id = await scenario.log_two_way_call(scenario.grace)
    strangers = (await new_organization()).ctx

    data, _ = await ask(scenario.ctx, NODE, id=encode("Activity", id))
    unseen = [
        (await ask(ctx, NODE, id=encode("Activity", id)))[0]
        for ctx in (await rep_without_team_visibility(organization), strangers)
    ]

    assert data["node"] == {
        "kind": "CALL",
        "direction": "OUTBOUND",
        "twoWay": True,
        "at": "2026-03-03T09:00:00+00:00",
        "summary": CALL["summary"],
        "with": [{"name": "Grace"}],
        "actor": {"kind": "MEMBER", "name": "Ada Admin"},
    }
    assert unseen == [{"node": None}, {"node": None}]


async def test_a_duplicate_shows_the_existing_activity_only_if_its_deal_is_visible(
    organization: TestOrganization, scenario: ActivityScenario
) -> None:
    first = await scenario.log_call(external_system="mail", external_id="1")
    rep = await rep_without_team_visibility(organization)
    own = await new_deal(rep, scenario.account)
    again = {
        "kind": "CALL",
        "direction": "INBOUND",
        "summary": "Again",
        "externalSystem": "mail",
        "externalId": "1",
    }

    pages = [
        (await ask(ctx, LOG, input={"opportunityId": encode("Opportunity", own), **again}))[0]["logActivity"]
        for ctx in (scenario.ctx, rep)
    ]

    assert [answer["__typename"] for answer in pages] == ["Duplicate", "Duplicate"]
    assert [answer["existing"] for answer in pages] == [{"id": encode("Activity", first)}, None]
    assert await Activity.filter(opportunity_id=own).count() == 0


async def test_the_payload_has_the_deal_after_the_write(scenario: ActivityScenario) -> None:
    before, _ = await ask(
        scenario.ctx, "query($id: ID!) { opportunity(id: $id) { version } }", id=_id(scenario)
    )
    given = {"opportunityId": _id(scenario), "kind": "CALL", "direction": "INBOUND", "summary": "They called"}

    data, _ = await ask(scenario.ctx, LOG, input=given)

    deal = {**before["opportunity"], "activities": {"totalCount": 1}}
    assert data["logActivity"] == {"__typename": "ActivityChanged", "opportunity": deal}


async def test_an_activity_of_a_key_without_a_member_shows_the_key(
    organization: TestOrganization, scenario: ActivityScenario
) -> None:
    robot = replace(scenario.ctx, viewer=(await organization.ctx_of(Role.INTEGRATOR)).viewer)

    id = await log_call(robot, scenario.deal)

    data, _ = await ask(scenario.ctx, NODE, id=encode("Activity", id))
    [kept] = await Activity.filter(id=id).values(*ACTOR_COLUMNS)
    assert data["node"]["actor"] == {"kind": "API_KEY", "name": kept["actor_name"]}
    assert kept["actor_member_id"] is None


def _id(scenario: ActivityScenario) -> str:
    return encode("Opportunity", scenario.deal)
