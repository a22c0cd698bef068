"""A deal's own time only rises, whatever the clocks of the servers that write on it say."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

from tests.support.organizations import NOW
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Event, Opportunity, Transition
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.risks import NewRisk, raise_risk, review_risks
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import disqualify, regress, reopen
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import DisqualifyReason, Grade, OpportunityState, RiskCategory
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.risks import missing_review

S = OpportunityState
CLOCK_GOING_BACK = [NOW + timedelta(hours=hours) for hours in (9, 6, 3, 3, 0)]
RISK = NewRisk(RiskCategory.TIME, "It takes too long", 3, 3)
NOTE = TransitionOptions(note="They asked us in writing to do this.")


async def current_facts(team: SalesTeam, id: UUID) -> OpportunityFacts:
    """The deal as the rules read it."""
    return (await load_facts(team.organization.id, [id], CLOCK_GOING_BACK[0]))[id]


async def rename(ctx: Ctx, id: UUID) -> None:
    """One write on the deal that changes nothing else."""
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

    for id, deeds in ((first, (_review, _raise)), (second, (_raise, _review))):
        for deed, now in zip(deeds, CLOCK_GOING_BACK, strict=False):
            await deed(team.at("owner", now), id)

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
    arrows: list[Callable[[Ctx], Awaitable[object]]] = [
        lambda ctx: regress(ctx, id, NOTE),
        lambda ctx: disqualify(ctx, id, DisqualifyReason.NO_PAIN, NOTE),
        lambda ctx: reopen(ctx, id, S.LEAD, none, NOTE),
    ]

    for arrow, now in zip(arrows, CLOCK_GOING_BACK, strict=False):
        await arrow(team.at("admin", now))

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
