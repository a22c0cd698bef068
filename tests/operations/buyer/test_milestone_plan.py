"""Milestones of the process: planned on entering PROGRESSING, unchanged by REGRESS, and reset by REOPEN."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import TestOrganization, new_organization
from tests.support.scenarios.milestones import EVIDENCE, REASON
from tests.support.team import SELLER_EMAIL, import_deals, override_all
from workflow.models import Milestone
from workflow.operations.buyer.milestones import (
    NewMilestone,
    add_milestone,
    complete_milestone,
    waive_milestone,
)
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.transitions import TransitionOptions, TransitionOutcome
from workflow.operations.opportunity.triggers import (
    LossDetails,
    QualifyChanges,
    WinDetails,
    disqualify,
    lose,
    progress,
    qualify,
    regress,
    reopen,
    win,
)
from workflow.rules.enums import (
    DisqualifyReason,
    LossReason,
    MilestoneSide,
    MilestoneStatus,
    OpportunityState,
    Role,
    Trigger,
    WinReason,
)
from workflow.rules.errors import TransitionBlockedError

LEAD = OpportunityState.LEAD
PROGRESSING = OpportunityState.PROGRESSING
PLANNED = MilestoneStatus.PLANNED
MISSED = MilestoneStatus.MISSED
KEYS = ["problem_agreed", "solution_validated", "business_case_shared", "decision_made", "terms_agreed"]
DAYS = [14, 30, 45, 60, 75]
MARCH, APRIL, JUNE = (datetime(2026, month, 10, 12, tzinfo=UTC) for month in (3, 4, 6))
NOTE = "They have moved back to their old plan."
BACK_AND_FORTH = [Trigger.REGRESS, Trigger.PROGRESS]
BACK_TO_LEAD_AND_FORTH = [Trigger.REGRESS, Trigger.REGRESS, Trigger.QUALIFY, Trigger.PROGRESS]
CLOSES = [Trigger.LOSE, Trigger.WIN]

Take = Callable[[TransitionOptions], Awaitable[TransitionOutcome]]


async def take_transitions(
    organization: TestOrganization, deal: UUID, *triggers: Trigger, at: datetime, to: Any = None
) -> None:
    """Run transitions one after the other as the admin, at one time."""
    ctx = admin_at(organization, at)
    transitions: dict[Trigger, Take] = {
        Trigger.QUALIFY: lambda terms: qualify(ctx, deal, QualifyChanges(), terms),
        Trigger.PROGRESS: lambda terms: progress(ctx, deal, {}, terms),
        Trigger.REGRESS: lambda terms: regress(ctx, deal, terms),
        Trigger.WIN: lambda terms: win(ctx, deal, WinDetails(WinReason.SPEED), terms),
        Trigger.LOSE: lambda terms: lose(ctx, deal, LossDetails(LossReason.PRICE), terms),
        Trigger.DISQUALIFY: lambda terms: disqualify(ctx, deal, DisqualifyReason.NO_PAIN, terms),
        Trigger.REOPEN: lambda terms: reopen(ctx, deal, to, {}, terms),
    }
    for trigger in triggers:
        await transitions[trigger](override_all(NOTE))


def admin_at(organization: TestOrganization, at: datetime) -> Ctx:
    """Return the context of the admin, who does not own the deal, at another time."""
    return Ctx(viewer=organization.ctx.viewer, now=at)


async def qualified_deal(organization: TestOrganization) -> UUID:
    """Create a qualified deal of a seller."""
    await organization.ctx_of(Role.REP, SELLER_EMAIL)
    return (await import_deals(organization, {"deal": OpportunityState.QUALIFIED}))["deal"]


async def milestones_of(deal: UUID) -> dict[str, dict[str, Any]]:
    """Return the deal's milestones in order, by the key in the process or else by their unique name."""
    found = await Milestone.filter(opportunity_id=deal).order_by("position", "id").values()
    named = {str(step["template_key"] or step["name"]): dict(step) for step in found}
    assert len(named) == len(found)
    return named


async def deal_with_every_status(organization: TestOrganization) -> tuple[UUID, dict[str, dict[str, Any]]]:
    """Create a deal in PROGRESSING with milestones in every status, of the process and added by hand."""
    deal = await qualified_deal(organization)
    ctx = admin_at(organization, MARCH)
    await take_transitions(organization, deal, Trigger.PROGRESS, at=MARCH)
    for name in ("own planned", "own missed", "own done", "own waived"):
        await add_milestone(ctx, deal, NewMilestone(name, MilestoneSide.SELLER, 5, MARCH.date()))
    ids = {name: step["id"] for name, step in (await milestones_of(deal)).items()}
    for name in ("problem_agreed", "own done"):
        await complete_milestone(ctx, ids[name], evidence=EVIDENCE, expected_version=None)
    for name in ("solution_validated", "own waived"):
        await waive_milestone(ctx, ids[name], reason=REASON, expected_version=None)
    await Milestone.filter(id__in=[ids["business_case_shared"], ids["own missed"]]).update(status=MISSED)
    return deal, await milestones_of(deal)


async def test_entering_progressing_creates_the_milestones_of_the_process(
    organization: TestOrganization,
) -> None:
    deal = await qualified_deal(organization)
    assert await milestones_of(deal) == {}

    await take_transitions(organization, deal, Trigger.PROGRESS, at=MARCH)

    about = ("template_key", "weight", "side", "status", "due")
    dues = [MARCH.date() + timedelta(days=days) for days in DAYS]
    wanted = zip(KEYS, [15, 25, 20, 20, 20], ["BUYER"] * 4 + ["JOINT"], ["PLANNED"] * 5, dues, strict=True)
    assert [tuple(step[name] for name in about) for step in (await milestones_of(deal)).values()] == list(
        wanted
    )


@pytest.mark.parametrize(
    ("zone", "at", "today"),
    [
        ("Pacific/Auckland", datetime(2026, 3, 10, 11, tzinfo=UTC), date(2026, 3, 11)),
        ("Pacific/Auckland", datetime(2026, 3, 10, 10, 59, 59, tzinfo=UTC), date(2026, 3, 10)),
        ("America/Los_Angeles", datetime(2026, 3, 11, 6, 59, 59, tzinfo=UTC), date(2026, 3, 10)),
        ("America/Los_Angeles", datetime(2026, 3, 11, 7, tzinfo=UTC), date(2026, 3, 11)),
    ],
)
async def test_due_dates_count_from_today_in_the_organizations_time_zone(
    zone: str, at: datetime, today: date
) -> None:
    organization = await new_organization(time_zone=zone)
    deal = await qualified_deal(organization)

    await take_transitions(organization, deal, Trigger.PROGRESS, at=at)

    assert [(step["due"] - today).days for step in (await milestones_of(deal)).values()] == DAYS


async def test_manual_milestones_come_after_those_of_the_process(organization: TestOrganization) -> None:
    deal = await qualified_deal(organization)
    await add_milestone(admin_at(organization, MARCH), deal, NewMilestone("own"))

    await take_transitions(organization, deal, Trigger.PROGRESS, at=MARCH)

    assert list(await milestones_of(deal)) == [*KEYS, "own"]


async def test_a_dry_run_or_blocked_transition_creates_no_milestones(organization: TestOrganization) -> None:
    deal = await qualified_deal(organization)
    ctx = admin_at(organization, MARCH)

    with pytest.raises(TransitionBlockedError):
        await progress(ctx, deal, {}, TransitionOptions())
    await progress(ctx, deal, {}, replace(override_all(), dry_run=True))

    assert await milestones_of(deal) == {}


@pytest.mark.parametrize("triggers", [BACK_AND_FORTH, BACK_TO_LEAD_AND_FORTH])
async def test_regressing_and_progressing_again_keeps_every_milestone(
    organization: TestOrganization, triggers: list[Trigger]
) -> None:
    deal, before = await deal_with_every_status(organization)

    await take_transitions(organization, deal, *triggers, at=JUNE)

    assert await milestones_of(deal) == before


async def test_progressing_again_creates_only_missing_milestones(organization: TestOrganization) -> None:
    deal, before = await deal_with_every_status(organization)
    await Milestone.filter(id=before["terms_agreed"]["id"]).delete()

    await take_transitions(organization, deal, *BACK_AND_FORTH, at=JUNE)

    after = await milestones_of(deal)
    assert after["terms_agreed"]["due"] == JUNE.date() + timedelta(days=75)
    assert {**after, "terms_agreed": None} == {**before, "terms_agreed": None}


@pytest.mark.parametrize("close", CLOSES)
async def test_closing_keeps_every_milestone(organization: TestOrganization, close: Trigger) -> None:
    deal, before = await deal_with_every_status(organization)

    await take_transitions(organization, deal, close, at=APRIL)

    assert await milestones_of(deal) == before


@pytest.mark.parametrize("close", CLOSES)
async def test_a_reopen_resets_milestones_that_are_not_done(
    organization: TestOrganization, close: Trigger
) -> None:
    deal, before = await deal_with_every_status(organization)

    await take_transitions(organization, deal, close, at=APRIL)
    await take_transitions(organization, deal, Trigger.REOPEN, at=JUNE, to=PROGRESSING)

    after = await milestones_of(deal)
    assert list(after) == list(before)
    begun = [(after[key]["status"], after[key]["due"], after[key]["waive_reason"]) for key in KEYS[1:]]
    assert begun == [(PLANNED, JUNE.date() + timedelta(days=days), None) for days in DAYS[1:]]


async def test_a_reopen_keeps_done_milestones_and_clears_due_dates_of_manual_ones(
    organization: TestOrganization,
) -> None:
    deal, before = await deal_with_every_status(organization)

    await take_transitions(organization, deal, Trigger.LOSE, at=APRIL)
    await take_transitions(organization, deal, Trigger.REOPEN, at=JUNE, to=PROGRESSING)

    after = await milestones_of(deal)
    gone = dict.fromkeys(("due", "waive_reason", "actor_kind", "actor_name", "actor_member_id"))
    waiting = {name: {**before[name], **gone, "status": PLANNED} for name in before if name in WAITING}
    done = {name: before[name] for name in ("problem_agreed", "own done")}
    assert {name: after[name] for name in (*done, *waiting)} == {**done, **waiting}


WAITING = ("own planned", "own missed", "own waived")


@pytest.mark.parametrize("close", [Trigger.LOSE, Trigger.DISQUALIFY])
async def test_a_deal_reopened_as_a_lead_gets_its_milestones_when_it_progresses(
    organization: TestOrganization, close: Trigger
) -> None:
    deal, before = await deal_with_every_status(organization)

    await take_transitions(organization, deal, close, at=APRIL)
    await take_transitions(organization, deal, Trigger.REOPEN, at=APRIL, to=LEAD)
    as_a_lead = list(await milestones_of(deal))
    await take_transitions(organization, deal, Trigger.QUALIFY, Trigger.PROGRESS, at=JUNE)

    after = await milestones_of(deal)
    assert as_a_lead == ["problem_agreed", *(name for name in before if name not in KEYS)]
    assert list(after) == list(before)
    assert [(after[key]["due"] - JUNE.date()).days for key in KEYS[1:]] == DAYS[1:]
