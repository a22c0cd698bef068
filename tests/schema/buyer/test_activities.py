"""What was done, as clients read it: newest first, with who took part, by its id, and only where its deal is seen."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schema import schema
from schema.core.context import RequestContext
from schema.core.ids import encode
from tests.support.organizations import TestOrganization, new_organization
from tests.support.scenarios.activities import CALL, LATER, Diary, call, new_deal, new_diary
from tests.support.statements import Statements, statements
from workflow.models import Activity, Member
from workflow.operations.core.context import Ctx
from workflow.queries.actors import ACTOR_COLUMNS
from workflow.rules.enums import Role, Visibility

DIARY = """query($id: ID!, $first: Int, $after: String) { opportunity(id: $id) { activities(first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } nodes { summary with { name } } } } }"""
PAGE = """query($first: Int!) { opportunities(first: $first) { nodes {
  activities(first: 1) { totalCount nodes { summary with { name account { name } } } } } } }"""
LOG = """mutation($input: LogActivityInput!) { logActivity(input: $input) { __typename
  ... on ActivityChanged { opportunity { version activities { totalCount } } }
  ... on Duplicate { message existing { id } } } }"""
NODE = """query($id: ID!) { node(id: $id) { ... on Activity {
  kind direction twoWay at summary with { name } actor { kind name } } } }"""


@pytest.fixture
async def diary(organization: TestOrganization) -> Diary:
    """A lead with two people of the buyer's."""
    return await new_diary(organization)


async def ask(ctx: Ctx, query: str, **variables: Any) -> tuple[dict[str, Any], Statements]:  # Any: JSON
    """The answer, and the statements that it took."""
    context = RequestContext(viewer=ctx.viewer, now=ctx.now, request_id="diary")
    async with statements() as seen:
        answer = await schema.execute(query, variable_values=variables, context_value=context)
    assert answer.errors is None, answer.errors
    assert answer.data is not None
    return answer.data, seen


async def blind_rep(organization: TestOrganization) -> Ctx:
    """A seller who sees no deal but their own."""
    await organization.ctx_of(Role.REP, "rita@example.com")
    await Member.filter(organization_id=organization.id, email="rita@example.com").update(visibility=Visibility.OWN)
    return await organization.ctx_of(Role.REP, "rita@example.com", now=LATER)


async def test_the_diary_is_walked_newest_first_without_what_did_not_happen(diary: Diary) -> None:
    for day in (3, 1, 2, 5, 4):
        await diary.log(summary=f"{day}", at=LATER - timedelta(days=day))
    await diary.correct(await diary.log(summary="never"), void=True)

    walked, after = [], None
    for _ in range(3):
        told, _ = await ask(diary.ctx, DIARY, id=encode("Opportunity", diary.deal), first=2, after=after)
        page = told["opportunity"]["activities"]
        walked.append(([node["summary"] for node in page["nodes"]], page["pageInfo"]["hasNextPage"]))
        after = page["pageInfo"]["endCursor"]
        assert page["totalCount"] == 5

    assert walked == [(["1", "2"], True), (["3", "4"], True), (["5"], False)]


async def test_a_page_of_50_deals_asks_once_for_what_was_done_and_who_took_part(diary: Diary) -> None:
    deals = [diary.deal, *[await new_deal(diary.ctx, diary.account) for _ in range(49)]]
    for deal in deals:
        for day in range(2):
            await diary.talk(diary.kim, diary.grace, deal=deal, summary=f"{day}", at=LATER - timedelta(days=day))

    told, seen = await ask(diary.ctx, PAGE, first=50)
    _, few = await ask(diary.ctx, PAGE, first=2)

    person = {"account": {"name": "Acme"}}
    both = [{"name": "Kim", **person}, {"name": "Grace", **person}]
    shown = {"totalCount": 2, "nodes": [{"summary": "0", "with": both}]}
    assert told["opportunities"]["nodes"] == [{"activities": shown}] * 50
    assert seen.by_table() == few.by_table()
    assert seen.by_table() == Counter(
        {"opportunity": 1, "activity": 1, "activity_contact": 1, "contact": 1, "account": 1}
    )


async def test_an_activity_is_found_by_its_id_where_its_deal_is_seen(
    organization: TestOrganization, diary: Diary
) -> None:
    id = await diary.talk(diary.grace)
    strangers = (await new_organization()).ctx

    told, _ = await ask(diary.ctx, NODE, id=encode("Activity", id))
    unseen = [
        (await ask(ctx, NODE, id=encode("Activity", id)))[0] for ctx in (await blind_rep(organization), strangers)
    ]

    assert told["node"] == {
        "kind": "CALL",
        "direction": "OUTBOUND",
        "twoWay": True,
        "at": "2026-03-03T09:00:00+00:00",
        "summary": CALL["summary"],
        "with": [{"name": "Grace"}],
        "actor": {"kind": "MEMBER", "name": "Ada Admin"},
    }
    assert unseen == [{"node": None}, {"node": None}]


async def test_a_duplicate_shows_the_one_that_is_there_only_to_who_sees_its_deal(
    organization: TestOrganization, diary: Diary
) -> None:
    first = await diary.log(external_system="mail", external_id="1")
    rep = await blind_rep(organization)
    own = await new_deal(rep, diary.account)
    again = {"kind": "CALL", "direction": "INBOUND", "summary": "Again", "externalSystem": "mail", "externalId": "1"}

    told = [
        (await ask(ctx, LOG, input={"opportunityId": encode("Opportunity", own), **again}))[0]["logActivity"]
        for ctx in (diary.ctx, rep)
    ]

    assert [answer["__typename"] for answer in told] == ["Duplicate", "Duplicate"]
    assert [answer["existing"] for answer in told] == [{"id": encode("Activity", first)}, None]
    assert await Activity.filter(opportunity_id=own).count() == 0


async def test_the_answer_shows_the_deal_as_it_is_after_the_write(diary: Diary) -> None:
    before, _ = await ask(diary.ctx, "query($id: ID!) { opportunity(id: $id) { version } }", id=_id(diary))
    given = {"opportunityId": _id(diary), "kind": "CALL", "direction": "INBOUND", "summary": "They called"}

    told, _ = await ask(diary.ctx, LOG, input=given)

    deal = {**before["opportunity"], "activities": {"totalCount": 1}}
    assert told["logActivity"] == {"__typename": "ActivityChanged", "opportunity": deal}


async def test_a_key_that_stands_for_nobody_is_told_as_who_logged_it(
    organization: TestOrganization, diary: Diary
) -> None:
    robot = replace(diary.ctx, viewer=(await organization.ctx_of(Role.INTEGRATOR)).viewer)

    id = await call(robot, diary.deal)

    told, _ = await ask(diary.ctx, NODE, id=encode("Activity", id))
    [kept] = await Activity.filter(id=id).values(*ACTOR_COLUMNS)
    assert told["node"]["actor"] == {"kind": "API_KEY", "name": kept["actor_name"]}
    assert kept["actor_member_id"] is None


def _id(diary: Diary) -> str:
    return encode("Opportunity", diary.deal)
