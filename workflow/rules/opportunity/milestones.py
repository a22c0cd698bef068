"""Progress by milestones rather than by activity: how far, what is late, what comes next, and whether it moves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from workflow.rules.enums import MilestoneSide, MilestoneStatus, Momentum, OpportunityState, Trigger
from workflow.rules.money import round_half_up
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import ActivityFacts, MilestoneFacts
from workflow.rules.process.document import MilestoneTemplate, ProcessDocument

PASSED_STATUSES = frozenset({MilestoneStatus.DONE, MilestoneStatus.WAIVED})
EVIDENCED_SIDES = frozenset({MilestoneSide.BUYER, MilestoneSide.JOINT})
FORWARD_TRIGGERS = frozenset({Trigger.QUALIFY, Trigger.PROGRESS, Trigger.WIN})
RECENT_PERIOD = timedelta(days=30)
BUSY_ACTIVITY_COUNT = 4
MISSED_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the purchase has come; `percent` is weight DONE or WAIVED by the weight of all."""

    percent: int
    completed: int
    total: int
    overdue: int
    next: MilestoneFacts | None
    momentum: Momentum


def milestone_progress(facts: OpportunityFacts, now: datetime) -> Progress:
    """The milestones taken together."""
    passed = [milestone for milestone in facts.milestones if milestone.status in PASSED_STATUSES]
    total_weight = sum(milestone.weight for milestone in facts.milestones)
    share = Decimal(100 * sum(milestone.weight for milestone in passed))
    return Progress(
        percent=round_half_up(share / total_weight) if total_weight else 0,
        completed=len(passed),
        total=len(facts.milestones),
        overdue=sum(is_overdue(milestone, facts, now) for milestone in facts.milestones),
        next=_next_milestone(facts.milestones),
        momentum=momentum(facts, now),
    )


def count_activities(done: Iterable[tuple[datetime, bool, bool]], at: datetime) -> ActivityFacts:
    """What had been done at a moment, of activities as (when, two-way, internal)."""
    earlier = [one for one in done if one[0] <= at]
    two_way_times = [when for when, two_way, _ in earlier if two_way]
    recent = sum(when >= at - RECENT_PERIOD and not internal for when, _, internal in earlier)
    return ActivityFacts(max(two_way_times, default=None), recent)


def is_overdue(milestone: MilestoneFacts, facts: OpportunityFacts, now: datetime) -> bool:
    """Its day has ended and it is neither done nor waived; due dates run in PROGRESSING only."""
    has_due_date = facts.state is OpportunityState.PROGRESSING and milestone.status not in PASSED_STATUSES
    return has_due_date and milestone.due is not None and milestone.due < facts.today(now)


def is_missed(milestone: MilestoneFacts, facts: OpportunityFacts, now: datetime) -> bool:
    """Nobody brought the buyer there within a week after its day, and it is not told as missed yet."""
    is_late = milestone.status is MilestoneStatus.PLANNED and is_overdue(milestone, facts, now)
    return is_late and milestone.due is not None and facts.today(now) - milestone.due >= MISSED_AFTER


def momentum(facts: OpportunityFacts, now: datetime) -> Momentum:
    """Milestones against activities over 30 days; an arrow forward counts as a milestone, INTERNAL activities do not."""
    done = (milestone.completed_at for milestone in facts.milestones if milestone.status is MilestoneStatus.DONE)
    forward = (step.at for step in facts.transitions if step.trigger in FORWARD_TRIGGERS)
    moved = any(at is not None and at >= now - RECENT_PERIOD for at in (*done, *forward))
    return _MOMENTUM[moved, facts.activity.recent_count >= BUSY_ACTIVITY_COUNT]


def find_milestone(facts: OpportunityFacts, key: str) -> MilestoneFacts | None:
    """The milestone that was laid out under the key, None where none was yet."""
    return next((found for found in facts.milestones if found.key == key), None)


def missing_templates(process: ProcessDocument, facts: OpportunityFacts) -> tuple[MilestoneTemplate, ...]:
    """The milestones of the process that the deal does not have yet; one per key."""
    existing_keys = {milestone.key for milestone in facts.milestones}
    return tuple(template for template in process.milestones if template.key not in existing_keys)


def due_date(template: MilestoneTemplate, entered: date) -> date | None:
    """The day it is due, counted from the day PROGRESSING was entered; None where the process names no days."""
    return None if template.due_after_days is None else entered + timedelta(days=template.due_after_days)


def _next_milestone(milestones: Iterable[MilestoneFacts]) -> MilestoneFacts | None:
    open_milestones = [milestone for milestone in milestones if milestone.status not in PASSED_STATUSES]
    return min(open_milestones, key=lambda milestone: milestone.due or date.max, default=None)


_MOMENTUM = {
    (True, True): Momentum.MOVING,
    (True, False): Momentum.QUIET_BUT_MOVING,
    (False, True): Momentum.BUSY_NOT_MOVING,
    (False, False): Momentum.IDLE,
}
