"""The write path of a deal: who may write it, its version, and its times despite clock skew."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import NOW
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Event, Opportunity, Transition
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.risks import NewRisk, raise_risk, review_risks
from workflow.operations.change.change import change
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.change.locked import LockedOpportunity, PartRef, find_part
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import disqualify, regress, reopen
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import DisqualifyReason, Grade, OpportunityState, RiskCategory
from workflow.rules.errors import (
    NotFoundError,
    PermissionDeniedError,
    RecordClosedError,
    Refusal,
    VersionConflictError,
)
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.risks import missing_review

S = OpportunityState
CLOCK_GOING_BACK = [NOW + timedelta(hours=hours) for hours in (9, 6, 3, 3, 0)]
RISK = NewRisk(RiskCategory.TIME, "It takes too long", 3, 3)
NOTE = TransitionOptions(note="They asked us in writing to do this.")


async def current_facts(team: SalesTeam, id: UUID) -> OpportunityFacts:
    """Return the facts of a deal as the rules read them."""
    return (await load_facts(team.organization.id, [id], CLOCK_GOING_BACK[0]))[id]


async def rename(ctx: Ctx, id: UUID) -> None:
    """Change the name of a deal."""
    await update_opportunity(ctx, id, {"name": f"Deal {uuid4()}"}, expected_version=None)


async def test_later_writes_have_later_times_although_the_clock_goes_back() -> None:
    team = await new_sales_team()
    id = team.deals[S.LEAD]
    seen = []

    for now in CLOCK_GOING_BACK:
        await rename(team.at("owner", now), id)
        seen.append((await Opportunity.get(id=id)).updated_at)

    tick = timedelta(microseconds=1)
    assert seen == [CLOCK_GOING_BACK[0] + place * tick for place in range(len(CLOCK_GOING_BACK))]
    events = await Event.filter(aggregateid=id, type="opportunity.updated").order_by("pos").values("at")
    assert [event["at"] for event in events][-len(seen) :] == seen


async def test_a_clock_that_goes_forward_is_followed() -> None:
    team = await new_sales_team()

    await rename(team.at("owner", CLOCK_GOING_BACK[0]), team.deals[S.LEAD])

    assert (await Opportunity.get(id=team.deals[S.LEAD])).updated_at == CLOCK_GOING_BACK[0]


async def test_a_risk_raised_after_a_review_is_unreviewed_despite_clock_skew() -> None:
    team = await new_sales_team()
    first = team.deals[S.LEAD]
    second = team.deals[S.QUALIFIED]

    for id, writes in ((first, (_review, _raise)), (second, (_raise, _review))):
        for write, now in zip(writes, CLOCK_GOING_BACK, strict=False):
            await write(team.at("owner", now), id)

    assert missing_review(await current_facts(team, first)) is not None
    assert missing_review(await current_facts(team, second)) is None


async def _review(ctx: Ctx, id: UUID) -> None:
    await review_risks(ctx, id, none_found=False, note=None)


async def _raise(ctx: Ctx, id: UUID) -> None:
    await raise_risk(ctx, id, RISK)


async def test_the_later_committed_assessment_counts() -> None:
    team = await new_sales_team()
    id = team.deals[S.LEAD]
    grades = (Grade.IDENTIFIED, Grade.DISPROVED, Grade.UNKNOWN)
    seen = []

    for grade, now in zip(grades, CLOCK_GOING_BACK, strict=False):
        answer = NewAssessment("budget", grade)
        await assess_criteria(team.at("owner", now), id, [answer], pain_since=None, expected_version=None)
        seen.append([one.grade for one in (await current_facts(team, id)).assessments])

    assert seen == [[grade] for grade in grades]


async def test_transition_times_never_decrease_despite_clock_skew() -> None:
    team = await new_sales_team()
    id = team.deals[S.PROGRESSING]
    none = OpportunityChanges()
    transitions: list[Callable[[Ctx], Awaitable[object]]] = [
        lambda ctx: regress(ctx, id, NOTE),
        lambda ctx: disqualify(ctx, id, DisqualifyReason.NO_PAIN, NOTE),
        lambda ctx: reopen(ctx, id, S.LEAD, none, NOTE),
    ]

    for transition, now in zip(transitions, CLOCK_GOING_BACK, strict=False):
        await transition(team.at("admin", now))

    history = (
        await Transition.filter(opportunity_id=id)
        .order_by("sequence")
        .values("at", "seconds_in_previous_state")
    )
    times = [step["at"] for step in history][-3:]
    assert times == sorted(set(times))
    assert [step["seconds_in_previous_state"] for step in history][-2:] == [0, 0]
    deal = await Opportunity.get(id=id)
    assert (deal.state_since, deal.updated_at) == (times[-1], times[-1])


async def test_a_change_increments_the_version_and_a_stale_one_is_refused() -> None:
    team = await new_sales_team()
    id = team.deals[S.LEAD]
    version = (await Opportunity.get(id=id)).version
    owner = team.ctx["owner"]

    await update_opportunity(owner, id, {"name": "Renamed"}, expected_version=version)
    with pytest.raises(VersionConflictError) as refusal:
        await update_opportunity(owner, id, {"name": "Again"}, expected_version=version)

    deal = await Opportunity.get(id=id)
    assert (deal.version, deal.name) == (version + 1, "Renamed")
    assert (refusal.value.expected, refusal.value.actual) == (version, version + 1)


async def test_a_verb_that_emits_nothing_leaves_the_deal_as_it_is() -> None:
    team = await new_sales_team()
    id = team.deals[S.LEAD]
    before = await Opportunity.filter(id=id).values()
    events = await Event.filter(aggregateid=id).count()

    async def verb(deal: LockedOpportunity) -> str:
        return deal.row.name

    assert await change(team.at("owner", CLOCK_GOING_BACK[0]), id, None, verb) == before[0]["name"]
    assert await Opportunity.filter(id=id).values() == before
    assert await Event.filter(aggregateid=id).count() == events


async def test_a_change_without_a_version_bump_is_recorded_and_keeps_version_and_time() -> None:
    team = await new_sales_team()
    id = team.deals[S.LEAD]
    before = await Opportunity.get(id=id)

    async def verb(deal: LockedOpportunity) -> None:
        deal.emit("activity.logged", activityId=None)

    await change(team.at("owner", CLOCK_GOING_BACK[0]), id, None, verb, bump_version=False)

    after = await Opportunity.get(id=id)
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
    assert await Event.filter(aggregateid=id, type="activity.logged").count() == 1


async def test_a_failed_verb_writes_nothing() -> None:
    team = await new_sales_team()
    id = team.deals[S.LEAD]
    before = await Opportunity.filter(id=id).values()

    async def verb(deal: LockedOpportunity) -> None:
        deal.write(name="Renamed")
        deal.emit("opportunity.updated")
        raise LookupError("Something is missing.")

    with pytest.raises(LookupError):
        await change(team.ctx["owner"], id, None, verb)

    assert await Opportunity.filter(id=id).values() == before


@pytest.mark.parametrize(
    ("who", "state", "refusal"),
    [
        ("stranger", S.LEAD, PermissionDeniedError),
        ("observer", S.LEAD, PermissionDeniedError),
        ("stranger", S.WON, PermissionDeniedError),
        ("owner", S.WON, RecordClosedError),
        ("admin", S.LOST, RecordClosedError),
        ("admin", S.DISQUALIFIED, RecordClosedError),
    ],
)
async def test_only_writers_change_a_deal_and_only_while_it_is_open(
    who: str, state: OpportunityState, refusal: type[Refusal]
) -> None:
    team = await new_sales_team()

    with pytest.raises(refusal):
        await rename(team.ctx[who], team.deals[state])


async def test_unknown_deals_and_parts_are_not_found() -> None:
    team = await new_sales_team()
    other = await new_sales_team()

    async def verb(deal: LockedOpportunity) -> None:
        raise AssertionError("The verb must not run.")

    for id in (uuid4(), other.deals[S.LEAD], PartRef("Risk", uuid4())):
        with pytest.raises(NotFoundError):
            await change(team.ctx["admin"], id, None, verb)


async def test_a_part_of_a_deal_is_found_by_its_id() -> None:
    team = await new_sales_team()
    id = await raise_risk(team.ctx["owner"], team.deals[S.LEAD], RISK)
    facts = await current_facts(team, team.deals[S.LEAD])

    assert find_part(facts.risks, id, "Risk").statement == RISK.statement
    with pytest.raises(NotFoundError) as refusal:
        find_part(facts.risks, uuid4(), "Risk")
    assert refusal.value.kind == "Risk"
