"""Who may do what with milestones, when nobody may, and what WIN asks of them."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import new_organization
from tests.support.scenarios.milestones import LATER, VERBS, a_step, deal_of, refused, version
from tests.support.team import ROLES, WRITERS, Crew, forced, new_crew
from workflow.models import Milestone, Opportunity
from workflow.operations.buyer.milestones import NewMilestone, add_milestone
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, WinDetails, disqualify, lose, win
from workflow.rules.enums import DisqualifyReason, LossReason, MilestoneStatus, OpportunityState, WinReason
from workflow.rules.errors import (
    NotFoundError,
    PermissionDeniedError,
    RecordClosedError,
    TransitionBlockedError,
    VersionConflictError,
)
from workflow.rules.gates.requirements import Verdict

START = {verb: MilestoneStatus.DONE if verb == "reopen" else MilestoneStatus.PLANNED for verb in VERBS}
CLOSED = [OpportunityState.WON, OpportunityState.LOST, OpportunityState.DISQUALIFIED]


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """The people; every test takes a deal of its own."""
    return await new_crew()


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("verb", ["add", "complete", "update", "reopen"])
async def test_who_may_write_the_deal_works_on_its_milestones(crew: Crew, verb: str, who: str) -> None:
    id, ctx = await a_step(crew, START.get(verb, MilestoneStatus.PLANNED)), crew.at(who, LATER)
    deal, helpers = await deal_of(id), [crew.member("helper")]
    await update_opportunity(crew.organization.ctx, deal, {"collaborator_ids": helpers}, expected_version=None)
    attempt = VERBS[verb](ctx, id, None) if verb in VERBS else add_milestone(ctx, deal, NewMilestone("New"))

    if who in WRITERS:
        assert await Milestone.filter(id=await attempt).exists()
    else:
        assert type(await refused(deal, attempt)) is PermissionDeniedError


@pytest.mark.parametrize("verb", VERBS)
async def test_a_stale_version_is_told_before_anything_else(crew: Crew, verb: str) -> None:
    id = await a_step(crew)

    refusal = await refused(await deal_of(id), VERBS[verb](crew.at("observer", LATER), id, 1))

    assert isinstance(refusal, VersionConflictError)
    assert (refusal.expected, refusal.actual) == (1, 2)


@pytest.mark.parametrize("verb", VERBS)
async def test_the_version_that_was_read_is_taken_and_raised(crew: Crew, verb: str) -> None:
    id = await a_step(crew, START[verb])
    read = await version(await deal_of(id))

    await VERBS[verb](crew.at("manager", LATER), id, read)

    assert await version(await deal_of(id)) == read + 1


@pytest.mark.parametrize("verb", VERBS)
async def test_what_cannot_be_seen_is_not_found(crew: Crew, verb: str) -> None:
    id = await a_step(crew, START[verb])
    deal, foreign = await deal_of(id), (await new_organization()).ctx

    unseen = await refused(deal, VERBS[verb](foreign, id, 99))
    unknown = await refused(deal, VERBS[verb](crew.at("admin", LATER), uuid4(), 99))

    assert (type(unseen), type(unknown)) == (NotFoundError, NotFoundError)


async def close(crew: Crew, deal: UUID, state: OpportunityState) -> None:
    """Bring a progressing deal into a closed state, past its gate."""
    ctx = crew.at("admin", LATER)
    if state is OpportunityState.WON:
        await win(ctx, deal, WinDetails(WinReason.SPEED), forced())
    elif state is OpportunityState.LOST:
        await lose(ctx, deal, LossDetails(LossReason.PRICE), TransitionOptions())
    else:
        await disqualify(ctx, deal, DisqualifyReason.NO_PAIN, TransitionOptions())


@pytest.mark.parametrize("state", CLOSED)
@pytest.mark.parametrize("verb", VERBS)
async def test_on_a_closed_deal_every_milestone_stays_as_it_is(crew: Crew, verb: str, state: OpportunityState) -> None:
    id, ctx = await a_step(crew, START[verb]), crew.at("admin", LATER)
    deal = await deal_of(id)
    await close(crew, deal, state)

    refusals = [
        await refused(deal, VERBS[verb](ctx, id, None)),
        await refused(deal, add_milestone(ctx, deal, NewMilestone("New"))),
    ]

    assert [type(refusal) for refusal in refusals] == [RecordClosedError, RecordClosedError]


async def test_a_deal_is_won_when_what_its_gate_asks_is_done_or_waived(crew: Crew) -> None:
    deal, ctx = await crew.deal(OpportunityState.PROGRESSING), crew.at("owner", LATER)
    asked = Milestone.filter(opportunity_id=deal, template_key__in=["decision_made", "terms_agreed"])
    steps = [step["id"] for step in await asked.order_by("position").values("id")]

    blocked = await refused(deal, won(ctx, deal))
    await VERBS["complete"](ctx, steps[0], None)
    half = await refused(deal, won(ctx, deal))
    await VERBS["waive"](crew.at("manager", LATER), steps[1], None)
    await won(ctx, deal)

    assert isinstance(blocked, TransitionBlockedError)
    assert isinstance(half, TransitionBlockedError)
    keys = [[verdict.key for verdict in refusal.unmet if isinstance(verdict, Verdict)] for refusal in (blocked, half)]
    assert keys == [["milestone.decision_made", "milestone.terms_agreed"], ["milestone.terms_agreed"]]
    assert await Opportunity.filter(id=deal, state=OpportunityState.WON).exists()


async def won(ctx: Ctx, deal: UUID) -> UUID:
    """The deal, won with a value."""
    what = WinDetails(WinReason.SPEED, changes={"value": MoneyAmount(Decimal(1), "EUR")})
    return (await win(ctx, deal, what, TransitionOptions())).opportunity_id
