"""Permissions on milestones, the states in which they are read-only, and the requirement of WIN."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import new_organization
from tests.support.scenarios.milestones import LATER, VERBS, deal_of, deal_version, new_milestone, refusal_of
from tests.support.team import ROLES, WRITERS, SalesTeam, new_sales_team, override_all
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
async def team() -> SalesTeam:
    """Create a sales team; every test uses a deal of its own."""
    return await new_sales_team()


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("verb", ["add", "complete", "update", "reopen"])
async def test_only_those_who_may_write_the_deal_may_change_its_milestones(
    team: SalesTeam, verb: str, who: str
) -> None:
    id = await new_milestone(team, START.get(verb, MilestoneStatus.PLANNED))
    ctx = team.at(who, LATER)
    deal = await deal_of(id)
    helpers = [team.member("helper")]
    await update_opportunity(
        team.organization.ctx, deal, {"collaborator_ids": helpers}, expected_version=None
    )
    attempt = VERBS[verb](ctx, id, None) if verb in VERBS else add_milestone(ctx, deal, NewMilestone("New"))

    if who in WRITERS:
        assert await Milestone.filter(id=await attempt).exists()
    else:
        assert type(await refusal_of(deal, attempt)) is PermissionDeniedError


@pytest.mark.parametrize("verb", VERBS)
async def test_a_version_conflict_is_reported_before_anything_else(team: SalesTeam, verb: str) -> None:
    id = await new_milestone(team)

    refusal = await refusal_of(await deal_of(id), VERBS[verb](team.at("observer", LATER), id, 1))

    assert isinstance(refusal, VersionConflictError)
    assert (refusal.expected, refusal.actual) == (1, 2)


@pytest.mark.parametrize("verb", VERBS)
async def test_the_current_version_is_accepted_and_raised(team: SalesTeam, verb: str) -> None:
    id = await new_milestone(team, START[verb])
    read = await deal_version(await deal_of(id))

    await VERBS[verb](team.at("manager", LATER), id, read)

    assert await deal_version(await deal_of(id)) == read + 1


@pytest.mark.parametrize("verb", VERBS)
async def test_a_hidden_milestone_is_not_found(team: SalesTeam, verb: str) -> None:
    id = await new_milestone(team, START[verb])
    deal = await deal_of(id)
    foreign = (await new_organization()).ctx

    unseen = await refusal_of(deal, VERBS[verb](foreign, id, 99))
    unknown = await refusal_of(deal, VERBS[verb](team.at("admin", LATER), uuid4(), 99))

    assert (type(unseen), type(unknown)) == (NotFoundError, NotFoundError)


async def close_deal(team: SalesTeam, deal: UUID, state: OpportunityState) -> None:
    """Close a deal in PROGRESSING with an override of its gate."""
    ctx = team.at("admin", LATER)
    if state is OpportunityState.WON:
        await win(ctx, deal, WinDetails(WinReason.SPEED), override_all())
    elif state is OpportunityState.LOST:
        await lose(ctx, deal, LossDetails(LossReason.PRICE), TransitionOptions())
    else:
        await disqualify(ctx, deal, DisqualifyReason.NO_PAIN, TransitionOptions())


@pytest.mark.parametrize("state", CLOSED)
@pytest.mark.parametrize("verb", VERBS)
async def test_milestones_of_a_closed_deal_are_read_only(
    team: SalesTeam, verb: str, state: OpportunityState
) -> None:
    id = await new_milestone(team, START[verb])
    ctx = team.at("admin", LATER)
    deal = await deal_of(id)
    await close_deal(team, deal, state)

    refusals = [
        await refusal_of(deal, VERBS[verb](ctx, id, None)),
        await refusal_of(deal, add_milestone(ctx, deal, NewMilestone("New"))),
    ]

    assert [type(refusal) for refusal in refusals] == [RecordClosedError, RecordClosedError]


async def test_a_deal_is_won_when_its_required_milestones_are_done_or_waived(team: SalesTeam) -> None:
    deal = await team.add_deal(OpportunityState.PROGRESSING)
    ctx = team.at("owner", LATER)
    asked = Milestone.filter(opportunity_id=deal, template_key__in=["decision_made", "terms_agreed"])
    steps = [step["id"] for step in await asked.order_by("position").values("id")]

    blocked = await refusal_of(deal, win_deal(ctx, deal))
    await VERBS["complete"](ctx, steps[0], None)
    half = await refusal_of(deal, win_deal(ctx, deal))
    await VERBS["waive"](team.at("manager", LATER), steps[1], None)
    await win_deal(ctx, deal)

    assert isinstance(blocked, TransitionBlockedError)
    assert isinstance(half, TransitionBlockedError)
    keys = [
        [verdict.key for verdict in refusal.unmet if isinstance(verdict, Verdict)]
        for refusal in (blocked, half)
    ]
    assert keys == [["milestone.decision_made", "milestone.terms_agreed"], ["milestone.terms_agreed"]]
    assert await Opportunity.filter(id=deal, state=OpportunityState.WON).exists()


async def win_deal(ctx: Ctx, deal: UUID) -> UUID:
    """Win a deal with a value."""
    what = WinDetails(WinReason.SPEED, changes={"value": MoneyAmount(Decimal(1), "EUR")})
    return (await win(ctx, deal, what, TransitionOptions())).opportunity_id
