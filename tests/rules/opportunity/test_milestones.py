"""Milestones: progress, overdue and next milestones, momentum, and the requirement of a milestone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from tests.support.rules.deal_facts import DEFAULT, NOW, TODAY, deal, verdict_on
from workflow.rules.enums import (
    MilestoneSide,
    MilestoneStatus,
    Momentum,
    OpportunityState,
    RequirementStatus,
    Trigger,
)
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.milestones import (
    due_date,
    is_overdue,
    milestone_progress,
    missing_templates,
    momentum,
    with_activity,
)
from workflow.rules.opportunity.parts import (
    ActivityFacts,
    ContactConversations,
    MilestoneFacts,
    TransitionFacts,
)
from workflow.rules.process.document import RequirementTest

PLANNED = MilestoneStatus.PLANNED
DONE = MilestoneStatus.DONE
MISSED = MilestoneStatus.MISSED
WAIVED = MilestoneStatus.WAIVED
LEAD = OpportunityState.LEAD
PROGRESSING = OpportunityState.PROGRESSING
YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)
TICK = timedelta(microseconds=1)
WINDOW = timedelta(days=30)
JUST_AFTER_MIDNIGHT = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)
"""The 10th in Berlin, still the 9th in London."""
DECISION = next(template.name for template in DEFAULT.milestones if template.key == "decision_made")


def step(
    status: MilestoneStatus = PLANNED,
    *,
    key: str | None = None,
    weight: int = 10,
    due: date | None = None,
    done_at: datetime | None = None,
) -> MilestoneFacts:
    """Return a milestone; a DONE one was done just now by default."""
    at = done_at or (NOW if status is DONE else None)
    side = MilestoneSide.BUYER
    return MilestoneFacts(UUID(int=1), UUID(int=7), key, "They saw it work", side, weight, status, due, at)


def under_way(*steps: MilestoneFacts, **changes: object) -> OpportunityFacts:
    """Return a progressing deal with these milestones."""
    return deal(**{"state": PROGRESSING, "milestones": steps, **changes})


@pytest.mark.parametrize(
    ("passed", "waiting", "percent"),
    [(1, 199, 1), (1, 201, 0), (1, 7, 13), (1, 2, 33), (2, 1, 67), (199, 1, 100), (0, 20, 0), (20, 0, 100)],
)
def test_percent_is_the_completed_weight_rounded_half_up(passed: int, waiting: int, percent: int) -> None:
    assert (
        milestone_progress(under_way(step(DONE, weight=passed), step(weight=waiting)), NOW).percent == percent
    )


@pytest.mark.parametrize(("status", "percent"), [(PLANNED, 0), (MISSED, 0), (DONE, 100), (WAIVED, 100)])
def test_done_and_waived_milestones_count_as_completed(status: MilestoneStatus, percent: int) -> None:
    found = milestone_progress(under_way(step(status), step(status)), NOW)

    assert (found.percent, found.completed, found.total) == (percent, percent // 50, 2)


def test_milestones_without_weight_are_counted_but_do_not_change_the_percent() -> None:
    found = milestone_progress(under_way(step(DONE, weight=0), step(weight=10)), NOW)

    assert (found.percent, found.completed, found.total) == (0, 1, 2)


@pytest.mark.parametrize("steps", [(), (step(DONE, weight=0),)])
def test_without_weight_there_is_no_progress(steps: tuple[MilestoneFacts, ...]) -> None:
    assert milestone_progress(under_way(*steps), NOW).percent == 0


@pytest.mark.parametrize("state", OpportunityState)
def test_due_dates_run_in_progressing_only(state: OpportunityState) -> None:
    late = step(due=YESTERDAY)

    assert is_overdue(late, under_way(late, state=state), NOW) is (state is PROGRESSING)
    assert milestone_progress(under_way(late, state=state), NOW).overdue == (state is PROGRESSING)


@pytest.mark.parametrize(
    ("status", "expected"), [(PLANNED, True), (MISSED, True), (DONE, False), (WAIVED, False)]
)
def test_a_missed_milestone_is_overdue_and_a_completed_one_is_not(
    status: MilestoneStatus, expected: bool
) -> None:
    late = step(status, due=YESTERDAY)

    assert is_overdue(late, under_way(late), NOW) is expected


@pytest.mark.parametrize(
    ("due", "expected"), [(YESTERDAY, True), (TODAY, False), (TOMORROW, False), (None, False)]
)
def test_a_milestone_is_overdue_when_its_day_has_ended(due: date | None, expected: bool) -> None:
    assert is_overdue(step(due=due), under_way(), NOW) is expected


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("Europe/Berlin", JUST_AFTER_MIDNIGHT, True),
        ("Europe/London", JUST_AFTER_MIDNIGHT, False),
        ("Europe/Berlin", datetime(2026, 3, 9, 23, tzinfo=UTC), True),
        ("Europe/Berlin", datetime(2026, 3, 9, 23, tzinfo=UTC) - TICK, False),
    ],
)
def test_a_day_ends_in_the_organizations_time_zone(zone: str, at: datetime, expected: bool) -> None:
    assert is_overdue(step(due=YESTERDAY), under_way(time_zone=zone), at) is expected


def test_the_next_milestone_is_the_pending_one_due_first() -> None:
    first = step(MISSED, key="first", due=YESTERDAY)
    others = (step(DONE, due=date(2026, 1, 1)), step(WAIVED, due=date(2026, 1, 2)), step(due=TODAY), step())

    assert milestone_progress(under_way(*others, first), NOW).next == first


def test_undated_milestones_come_last_and_ties_follow_the_process() -> None:
    undated = step(key="undated")
    one = step(key="one", due=TODAY)
    other = step(key="other", due=TODAY)

    assert milestone_progress(under_way(undated, one, other), NOW).next == one
    assert milestone_progress(under_way(undated), NOW).next == undated


def test_there_is_no_next_milestone_when_all_are_completed() -> None:
    assert milestone_progress(under_way(step(DONE), step(WAIVED)), NOW).next is None


@pytest.mark.parametrize(
    ("done", "activities", "expected"),
    [
        (True, 4, Momentum.MOVING),
        (True, 3, Momentum.QUIET_BUT_MOVING),
        (True, 0, Momentum.QUIET_BUT_MOVING),
        (False, 4, Momentum.BUSY_NOT_MOVING),
        (False, 3, Momentum.IDLE),
        (False, 0, Momentum.IDLE),
    ],
)
def test_momentum_compares_milestones_with_activities(
    done: bool, activities: int, expected: Momentum
) -> None:
    facts = under_way(step(DONE if done else PLANNED), activity=ActivityFacts(recent_count=activities))

    assert (momentum(facts, NOW), milestone_progress(facts, NOW).momentum) == (expected, expected)


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (WINDOW, Momentum.QUIET_BUT_MOVING),
        (WINDOW + TICK, Momentum.IDLE),
        (timedelta(0), Momentum.QUIET_BUT_MOVING),
    ],
)
def test_a_completed_milestone_counts_as_momentum_for_30_days(ago: timedelta, expected: Momentum) -> None:
    assert momentum(under_way(step(DONE, done_at=NOW - ago)), NOW) is expected


@pytest.mark.parametrize("status", [PLANNED, MISSED, WAIVED])
def test_only_done_milestones_count_as_momentum(status: MilestoneStatus) -> None:
    assert momentum(under_way(step(status, done_at=NOW)), NOW) is Momentum.IDLE


FORWARD = {Trigger.QUALIFY, Trigger.PROGRESS, Trigger.WIN}


@pytest.mark.parametrize("trigger", Trigger)
@pytest.mark.parametrize(("ago", "recent"), [(WINDOW, True), (WINDOW + TICK, False)])
def test_a_forward_transition_counts_as_a_milestone(trigger: Trigger, ago: timedelta, recent: bool) -> None:
    taken = TransitionFacts(trigger, LEAD, PROGRESSING, NOW - ago, 0)

    moved = momentum(deal(transitions=(taken,)), NOW) is Momentum.QUIET_BUT_MOVING

    assert moved is (recent and trigger in FORWARD)


def test_existing_milestones_are_not_created_again() -> None:
    keys = [template.key for template in DEFAULT.milestones]

    laid_out = [
        [template.key for template in missing_templates(DEFAULT, deal(milestones=steps))]
        for steps in [(), (step(),), (step(DONE, key=keys[0]),), tuple(step(key=key) for key in keys)]
    ]

    assert laid_out == [keys, keys, keys[1:], []]


def test_due_dates_run_from_the_day_progressing_was_entered() -> None:
    first = DEFAULT.milestones[0]

    dues = [due_date(replace(first, due_after_days=days), TODAY) for days in (None, 0, 1, 14)]

    assert dues == [None, TODAY, TOMORROW, date(2026, 3, 24)]


@pytest.mark.parametrize(
    ("steps", "explanation"),
    [
        ((step(DONE, key="decision_made"),), "The milestone “They saw it work” is done."),
        ((step(WAIVED, key="decision_made"),), "The milestone “They saw it work” was waived by a manager."),
    ],
)
def test_a_milestone_requirement_is_met_when_done_or_waived(
    steps: tuple[MilestoneFacts, ...], explanation: str
) -> None:
    verdict = verdict_on(RequirementTest(milestone="decision_made"), under_way(*steps))

    assert (verdict.status, verdict.explanation, verdict.remedy) == (RequirementStatus.MET, explanation, None)


@pytest.mark.parametrize(
    ("steps", "explanation", "remedy"),
    [
        (
            (step(key="decision_made"),),
            "The milestone “They saw it work” is not done yet.",
            "completeMilestone",
        ),
        (
            (step(MISSED, key="decision_made"),),
            "The milestone “They saw it work” is overdue and not done yet.",
            "completeMilestone",
        ),
        (
            (step(DONE), step(DONE, key="terms_agreed")),
            f"The milestone “{DECISION}” is added once the deal is in progress.",
            "progressOpportunity",
        ),
    ],
)
def test_an_unmet_milestone_requirement_has_a_remedy(
    steps: tuple[MilestoneFacts, ...], explanation: str, remedy: str
) -> None:
    verdict = verdict_on(RequirementTest(milestone="decision_made"), under_way(*steps))

    assert (verdict.status, verdict.explanation, verdict.remedy) == (
        RequirementStatus.UNMET,
        explanation,
        remedy,
    )


def test_a_summary_with_one_more_activity_is_that_of_all_of_them() -> None:
    kim, lee = sorted([UUID(int=1), UUID(int=2)])
    first = with_activity(ActivityFacts(), NOW, NOW, is_internal=False, two_way_contacts=[lee])
    second = with_activity(
        first, NOW - timedelta(days=40), NOW, is_internal=False, two_way_contacts=[lee, kim]
    )
    third = with_activity(second, NOW, NOW, is_internal=True, two_way_contacts=None)
    fourth = with_activity(third, NOW, NOW, is_internal=False, two_way_contacts=None)

    assert first == ActivityFacts(NOW, 1, (ContactConversations(lee, 1, NOW),))
    assert second == ActivityFacts(
        NOW,
        1,
        (
            ContactConversations(kim, 1, NOW - timedelta(days=40)),
            ContactConversations(lee, 2, NOW),
        ),
    )
    assert third == second
    assert fourth == replace(second, recent_count=2)
