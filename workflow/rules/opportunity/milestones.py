"""Milestones: progress, overdue and next milestones, and momentum."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from workflow.rules.enums import MilestoneSide, MilestoneStatus, Momentum, OpportunityState, Trigger
from workflow.rules.money import round_half_up
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import ActivityFacts, ContactConversations, MilestoneFacts
from workflow.rules.process.document import MilestoneTemplate, ProcessDocument

PASSED_STATUSES = frozenset({MilestoneStatus.DONE, MilestoneStatus.WAIVED})
EVIDENCED_SIDES = frozenset({MilestoneSide.BUYER, MilestoneSide.JOINT})
FORWARD_TRIGGERS = frozenset({Trigger.QUALIFY, Trigger.PROGRESS, Trigger.WIN})
RECENT_PERIOD = timedelta(days=30)
BUSY_ACTIVITY_COUNT = 4
MISSED_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of the purchase; `percent` is the share of the weight that is DONE or WAIVED."""

    percent: int
    completed: int
    total: int
    overdue: int
    next: MilestoneFacts | None
    momentum: Momentum


def milestone_progress(facts: OpportunityFacts, now: datetime) -> Progress:
    """Return the progress over all milestones."""
    passed = [milestone for milestone in facts.milestones if milestone.status in PASSED_STATUSES]
    total_weight = sum(milestone.weight for milestone in facts.milestones)
    share = Decimal(100 * sum(milestone.weight for milestone in passed))
    return Progress(
        percent=round_half_up(share / total_weight) if total_weight else 0,  # milestones by hand may weigh 0
        completed=len(passed),
        total=len(facts.milestones),
        overdue=sum(is_overdue(milestone, facts, now) for milestone in facts.milestones),
        next=_next_milestone(facts.milestones),
        momentum=momentum(facts, now),
    )


def count_activities(done: Iterable[tuple[datetime, bool, bool]], at: datetime) -> ActivityFacts:
    """Summarize the activities up to an instant, each given as (time, two-way, internal)."""
    earlier = [activity for activity in done if activity[0] <= at]
    two_way_times = [when for when, two_way, _ in earlier if two_way]
    recent = sum(when >= at - RECENT_PERIOD and not internal for when, _, internal in earlier)
    return ActivityFacts(max(two_way_times, default=None), recent)


def with_activity(
    facts: ActivityFacts,
    at: datetime,
    now: datetime,
    *,
    is_internal: bool,
    two_way_contacts: Iterable[UUID] | None,
) -> ActivityFacts:
    """Return the summary with one more activity; `two_way_contacts` took part in it if it was two-way."""
    recent_count = facts.recent_count + (at >= now - RECENT_PERIOD and not is_internal)
    if two_way_contacts is None:
        return replace(facts, recent_count=recent_count)
    by_contact = {one.contact_id: one for one in facts.conversations}
    for id in two_way_contacts:
        before = by_contact.get(id, ContactConversations(id, 0, at))
        by_contact[id] = ContactConversations(id, before.count + 1, max(before.last_at, at))
    return ActivityFacts(
        max(facts.last_two_way_at or at, at),
        recent_count,
        tuple(sorted(by_contact.values(), key=lambda one: one.contact_id)),
    )


def is_overdue(milestone: MilestoneFacts, facts: OpportunityFacts, now: datetime) -> bool:
    """Return True if an open milestone is past its due date, which counts only in PROGRESSING."""
    has_due_date = facts.state is OpportunityState.PROGRESSING and milestone.status not in PASSED_STATUSES
    return has_due_date and milestone.due is not None and milestone.due < facts.today(now)


def is_missed(milestone: MilestoneFacts, facts: OpportunityFacts, now: datetime) -> bool:
    """Return True if a planned milestone is overdue by a week, so that it becomes MISSED."""
    is_late = milestone.status is MilestoneStatus.PLANNED and is_overdue(milestone, facts, now)
    return is_late and milestone.due is not None and facts.today(now) - milestone.due >= MISSED_AFTER


def momentum(facts: OpportunityFacts, now: datetime) -> Momentum:
    """Compare milestones with activities over 30 days; a forward transition counts as a milestone."""
    done = (
        milestone.completed_at for milestone in facts.milestones if milestone.status is MilestoneStatus.DONE
    )
    forward = (transition.at for transition in facts.transitions if transition.trigger in FORWARD_TRIGGERS)
    moved = any(at is not None and at >= now - RECENT_PERIOD for at in (*done, *forward))
    return _MOMENTUM[moved, facts.activity.recent_count >= BUSY_ACTIVITY_COUNT]


def find_milestone(facts: OpportunityFacts, key: str) -> MilestoneFacts | None:
    """Return the milestone with a key, None if the deal does not have it."""
    return next((milestone for milestone in facts.milestones if milestone.key == key), None)


def missing_templates(process: ProcessDocument, facts: OpportunityFacts) -> tuple[MilestoneTemplate, ...]:
    """Return the milestones of the process that the deal does not have yet."""
    existing_keys = {milestone.key for milestone in facts.milestones}
    return tuple(template for template in process.milestones if template.key not in existing_keys)


def due_date(template: MilestoneTemplate, entered: date) -> date | None:
    """Return the due date, counted from the day of entering PROGRESSING; None if the process sets no days."""
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
