"""Milestones as they are laid out on entering PROGRESSING, kept on the way back and forth, and begun anew after a REOPEN."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import TestOrganization, new_organization
from tests.support.scenarios.milestones import REASON, SAID
from tests.support.team import SELLER, deals_of, forced
from workflow.models import Milestone
from workflow.operations.buyer.milestones import NewMilestone, add_milestone, complete_milestone, waive_milestone
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

LEAD, PROGRESSING = OpportunityState.LEAD, OpportunityState.PROGRESSING
PLANNED, MISSED = MilestoneStatus.PLANNED, MilestoneStatus.MISSED
KEYS = ["problem_agreed", "solution_validated", "business_case_shared", "decision_made", "terms_agreed"]
DAYS = [14, 30, 45, 60, 75]
MARCH, APRIL, JUNE = (datetime(2026, month, 10, 12, tzinfo=UTC) for month in (3, 4, 6))
NOTE = "They have moved back to their old plan."
ONCE = [Trigger.REGRESS, Trigger.PROGRESS]
TWICE = [Trigger.REGRESS, Trigger.REGRESS, Trigger.QUALIFY, Trigger.PROGRESS]
CLOSES = [Trigger.LOSE, Trigger.WIN]

Take = Callable[[TransitionOptions], Awaitable[TransitionOutcome]]


async def go(organization: TestOrganization, deal: UUID, *arrows: Trigger, at: datetime, to: Any = None) -> None:
    """The admin takes the arrows one after the other on that day."""
    ctx = acting(organization, at)
    ways: dict[Trigger, Take] = {
        Trigger.QUALIFY: lambda terms: qualify(ctx, deal, QualifyChanges(), terms),
        Trigger.PROGRESS: lambda terms: progress(ctx, deal, {}, terms),
        Trigger.REGRESS: lambda terms: regress(ctx, deal, terms),
        Trigger.WIN: lambda terms: win(ctx, deal, WinDetails(WinReason.SPEED), terms),
        Trigger.LOSE: lambda terms: lose(ctx, deal, LossDetails(LossReason.PRICE), terms),
        Trigger.DISQUALIFY: lambda terms: disqualify(ctx, deal, DisqualifyReason.NO_PAIN, terms),
        Trigger.REOPEN: lambda terms: reopen(ctx, deal, to, {}, terms),
    }
    for arrow in arrows:
        await ways[arrow](forced(NOTE))


def acting(organization: TestOrganization, at: datetime) -> Ctx:
    """The admin at that time, who does not own the deal."""
    return Ctx(viewer=organization.ctx.viewer, now=at)


async def a_deal(organization: TestOrganization) -> UUID:
    """A seller's deal, qualified."""
    await organization.ctx_of(Role.REP, SELLER)
    return (await deals_of(organization, {"deal": OpportunityState.QUALIFIED}))["deal"]


async def steps(deal: UUID) -> dict[str, dict[str, Any]]:
    """The deal's milestones in their order, by the key of the process or the name of one by hand; no two alike."""
    found = await Milestone.filter(opportunity_id=deal).order_by("position", "id").values()
    named = {str(step["template_key"] or step["name"]): dict(step) for step in found}
    assert len(named) == len(found)
    return named


async def in_every_status(organization: TestOrganization) -> tuple[UUID, dict[str, dict[str, Any]]]:
    """A deal that entered PROGRESSING in March, with milestones of the process and by hand in every status."""
    deal, ctx = await a_deal(organization), acting(organization, MARCH)
    await go(organization, deal, Trigger.PROGRESS, at=MARCH)
    for name in ("own planned", "own missed", "own done", "own waived"):
        await add_milestone(ctx, deal, NewMilestone(name, MilestoneSide.SELLER, 5, MARCH.date()))
    ids = {name: step["id"] for name, step in (await steps(deal)).items()}
    for name in ("problem_agreed", "own done"):
        await complete_milestone(ctx, ids[name], evidence=SAID, expected_version=None)
    for name in ("solution_validated", "own waived"):
        await waive_milestone(ctx, ids[name], reason=REASON, expected_version=None)
    await Milestone.filter(id__in=[ids["business_case_shared"], ids["own missed"]]).update(status=MISSED)
    return deal, await steps(deal)


async def test_entering_progressing_lays_out_the_processs_milestones(organization: TestOrganization) -> None:
    deal = await a_deal(organization)
    assert await steps(deal) == {}

    await go(organization, deal, Trigger.PROGRESS, at=MARCH)

    about = ("template_key", "weight", "side", "status", "due")
    dues = [MARCH.date() + timedelta(days=days) for days in DAYS]
    wanted = zip(KEYS, [15, 25, 20, 20, 20], ["BUYER"] * 4 + ["JOINT"], ["PLANNED"] * 5, dues, strict=True)
    assert [tuple(step[name] for name in about) for step in (await steps(deal)).values()] == list(wanted)


@pytest.mark.parametrize(
    ("zone", "at", "today"),
    [
        ("Pacific/Auckland", datetime(2026, 3, 10, 11, tzinfo=UTC), date(2026, 3, 11)),
        ("Pacific/Auckland", datetime(2026, 3, 10, 10, 59, 59, tzinfo=UTC), date(2026, 3, 10)),
        ("America/Los_Angeles", datetime(2026, 3, 11, 6, 59, 59, tzinfo=UTC), date(2026, 3, 10)),
        ("America/Los_Angeles", datetime(2026, 3, 11, 7, tzinfo=UTC), date(2026, 3, 11)),
    ],
)
async def test_they_are_due_from_the_day_it_is_where_the_organization_is(zone: str, at: datetime, today: date) -> None:
    organization = await new_organization(time_zone=zone)
    deal = await a_deal(organization)

    await go(organization, deal, Trigger.PROGRESS, at=at)

    assert [(step["due"] - today).days for step in (await steps(deal)).values()] == DAYS


async def test_those_added_by_hand_before_come_after_those_laid_out(organization: TestOrganization) -> None:
    deal = await a_deal(organization)
    await add_milestone(acting(organization, MARCH), deal, NewMilestone("own"))

    await go(organization, deal, Trigger.PROGRESS, at=MARCH)

    assert list(await steps(deal)) == [*KEYS, "own"]


async def test_what_is_tried_or_refused_lays_nothing_out(organization: TestOrganization) -> None:
    deal, ctx = await a_deal(organization), acting(organization, MARCH)

    with pytest.raises(TransitionBlockedError):
        await progress(ctx, deal, {}, TransitionOptions())
    await progress(ctx, deal, {}, replace(forced(), dry_run=True))

    assert await steps(deal) == {}


@pytest.mark.parametrize("way", [ONCE, TWICE])
async def test_back_and_forth_leaves_every_milestone_as_it_was(
    organization: TestOrganization, way: list[Trigger]
) -> None:
    deal, before = await in_every_status(organization)

    await go(organization, deal, *way, at=JUNE)

    assert await steps(deal) == before


async def test_only_what_is_not_there_is_laid_out_on_the_way_back(organization: TestOrganization) -> None:
    deal, before = await in_every_status(organization)
    await Milestone.filter(id=before["terms_agreed"]["id"]).delete()

    await go(organization, deal, *ONCE, at=JUNE)

    after = await steps(deal)
    assert after["terms_agreed"]["due"] == JUNE.date() + timedelta(days=75)
    assert {**after, "terms_agreed": None} == {**before, "terms_agreed": None}


@pytest.mark.parametrize("close", CLOSES)
async def test_closing_leaves_every_milestone_as_it_was(organization: TestOrganization, close: Trigger) -> None:
    deal, before = await in_every_status(organization)

    await go(organization, deal, close, at=APRIL)

    assert await steps(deal) == before


@pytest.mark.parametrize("close", CLOSES)
async def test_after_a_reopen_what_is_not_done_starts_anew(organization: TestOrganization, close: Trigger) -> None:
    deal, before = await in_every_status(organization)

    await go(organization, deal, close, at=APRIL)
    await go(organization, deal, Trigger.REOPEN, at=JUNE, to=PROGRESSING)

    after = await steps(deal)
    assert list(after) == list(before)
    begun = [(after[key]["status"], after[key]["due"], after[key]["waive_reason"]) for key in KEYS[1:]]
    assert begun == [(PLANNED, JUNE.date() + timedelta(days=days), None) for days in DAYS[1:]]


async def test_after_a_reopen_what_is_done_stays_and_what_was_added_by_hand_waits_undated(
    organization: TestOrganization,
) -> None:
    deal, before = await in_every_status(organization)

    await go(organization, deal, Trigger.LOSE, at=APRIL)
    await go(organization, deal, Trigger.REOPEN, at=JUNE, to=PROGRESSING)

    after = await steps(deal)
    gone = dict.fromkeys(("due", "waive_reason", "actor_kind", "actor_name", "actor_member_id"))
    waiting = {name: {**before[name], **gone, "status": PLANNED} for name in before if name in WAITING}
    done = {name: before[name] for name in ("problem_agreed", "own done")}
    assert {name: after[name] for name in (*done, *waiting)} == {**done, **waiting}


WAITING = ("own planned", "own missed", "own waived")


@pytest.mark.parametrize("close", [Trigger.LOSE, Trigger.DISQUALIFY])
async def test_reopened_as_a_lead_they_are_laid_out_when_it_progresses_again(
    organization: TestOrganization, close: Trigger
) -> None:
    deal, before = await in_every_status(organization)

    await go(organization, deal, close, at=APRIL)
    await go(organization, deal, Trigger.REOPEN, at=APRIL, to=LEAD)
    as_a_lead = list(await steps(deal))
    await go(organization, deal, Trigger.QUALIFY, Trigger.PROGRESS, at=JUNE)

    after = await steps(deal)
    assert as_a_lead == ["problem_agreed", *(name for name in before if name not in KEYS)]
    assert list(after) == list(before)
    assert [(after[key]["due"] - JUNE.date()).days for key in KEYS[1:]] == DAYS[1:]
