"""Causes of alerts: a function for each code that finds its causes on a deal, with message and remedy."""

from collections.abc import Iterator

from workflow.rules.alerts.cause_types import (
    DAY,
    AlertCause,
    AlertContext,
    above_threshold,
    at_least_threshold,
    has_no_threshold,
    threshold_below_critical,
)
from workflow.rules.enums import (
    AlertCode,
    Attitude,
    BuyingRole,
    FitStatus,
    Grade,
    Influence,
    MilestoneStatus,
    OpportunityState,
    RiskLevel,
    Trigger,
)
from workflow.rules.gates.machine import gate_trigger
from workflow.rules.health.health import NEXT_ACTS
from workflow.rules.health.insight import is_interest_doubtful
from workflow.rules.health.insight_text import DOUBTFUL_INTEREST
from workflow.rules.opportunity import wording
from workflow.rules.opportunity.buyer import RoleCoverage, is_single_threaded, role_coverage
from workflow.rules.opportunity.fit import hard_fit_results
from workflow.rules.opportunity.milestones import BUSY_ACTIVITY_COUNT, PASSED_STATUSES, RECENT_PERIOD
from workflow.rules.opportunity.parts import OverrideFacts
from workflow.rules.opportunity.qualification import ESSENTIAL_KINDS, is_stale, latest_assessment
from workflow.rules.opportunity.risks import missing_review, risk_level, unmitigated_risks
from workflow.rules.opportunity.time_in_state import state_age
from workflow.rules.process.document import ProcessDocument

RELEVANT_GATES = {
    OpportunityState.LEAD: (Trigger.QUALIFY,),
    OpportunityState.QUALIFIED: (Trigger.QUALIFY, Trigger.PROGRESS),
    OpportunityState.PROGRESSING: (Trigger.QUALIFY, Trigger.PROGRESS, Trigger.WIN),
}
"""Gates that a deal in the state has passed, and the next one."""


def state_took_long(context: AlertContext) -> Iterator[AlertCause]:
    """Measure the time in the state, in percent of the days that the process expects."""
    facts = context.facts
    expected = context.process.state_settings(facts.state).expected_days
    if expected:
        spent = state_age(facts, context.base.now) / DAY
        message = f"{wording.time_in_state(facts, expected, context.base.now)}. {NEXT_ACTS[facts.state]}"
        yield AlertCause(message, _NEXT_MUTATION[facts.state], measure=100 * spent / expected)


def buyer_is_silent(context: AlertContext) -> Iterator[AlertCause]:
    """Measure the days since the last two-way contact with the buyer, or since the deal left LEAD."""
    silence = context.days_since(context.facts.activity.last_two_way_at, context.left_lead_at())
    gap = wording.buyer_contact_gap(context.facts, context.base.now)
    yield AlertCause(f"{gap}. Call them, or find out why they are silent.", "logActivity", measure=silence)


def deal_stagnates(context: AlertContext) -> Iterator[AlertCause]:
    """Measure the days since the last completed milestone of a deal with many recent activities."""
    count = context.facts.activity.recent_count
    if count >= BUSY_ACTIVITY_COUNT:
        completed = [
            one.completed_at for one in context.facts.milestones if one.status is MilestoneStatus.DONE
        ]
        still = context.days_since(context.facts.state_since, *completed)
        effort = f"{count} activities in {RECENT_PERIOD.days} days"
        stagnation = f"{effort}, but no milestone completed in {wording.days(int(still))}"
        message = f"{stagnation}. Ask the buyer what is missing."
        yield AlertCause(message, "completeMilestone", measure=still)


def next_step_is_missing(context: AlertContext) -> Iterator[AlertCause]:
    """Find a next step that is missing, undated, overdue or far ahead; measure the days until it."""
    step = context.facts.next_step
    today = context.facts.today(context.base.now)
    if step is None:
        message = "There is no next step. Agree with the buyer on one, with a date."
        yield AlertCause(message, "updateOpportunity", condition=has_no_threshold)
        return
    text = wording.quote([step.text])
    if step.due_date is None:
        message = f"The next step {text} has no date. Agree with the buyer on one."
        yield AlertCause(message, "updateOpportunity", condition=has_no_threshold)
    elif step.due_date < today:
        message = (
            f"The next step {text} was due on {step.due_date}. Do it, or agree with the buyer on a new one."
        )
        yield AlertCause(message, "updateOpportunity", condition=has_no_threshold)
    else:
        ahead = (step.due_date - today).days
        message = (
            f"The next step {text} is {wording.days(ahead)} ahead. Agree with the buyer on something sooner."
        )
        yield AlertCause(message, "updateOpportunity", measure=ahead, condition=above_threshold)


def close_date_has_passed(context: AlertContext) -> Iterator[AlertCause]:
    """Find an expected close date in the past."""
    day = context.facts.expected_close_date
    if day is not None and day < context.facts.today(context.base.now):
        message = f"The expected close date, {day}, has passed. Agree with the buyer on a new one."
        yield AlertCause(message, "updateOpportunity")


def close_date_was_pushed(context: AlertContext) -> Iterator[AlertCause]:
    """Count the pushes of the expected close date to a later month."""
    message = (
        f"{wording.close_date_pushes(context.facts)}. Ask the buyer what has to happen before they can sign."
    )
    yield AlertCause(message, "updateBuyer", measure=context.facts.push_count)


def deal_is_single_threaded(context: AlertContext) -> Iterator[AlertCause]:
    """Find a deal with fewer than two people on the buyer's side."""
    if not is_single_threaded(context.facts):
        return
    names = [person.contact_name for person in context.facts.present_stakeholders()]
    known = f"We know only {names[0]}" if names else "We know no one"
    yield AlertCause(f"{known} on the buyer's side. Get to know more people.", "addStakeholder")


def role_is_missing(context: AlertContext) -> Iterator[AlertCause]:
    """Measure the days since LEAD without the people that a required role asks for; one cause per role."""
    elapsed = context.days_since(context.left_lead_at())
    for role in role_coverage(context.process, context.facts):
        if not role.met:
            message = f"{_known_in(role)} after {wording.days(int(elapsed))}. Find out who that is."
            yield AlertCause(message, "addStakeholder", subject="|".join(role.any_of), measure=elapsed)


def champion_has_left(context: AlertContext) -> Iterator[AlertCause]:
    """Find a deal without a champion since the last one left, or with a hostile person who decides."""
    champions = [person for person in context.facts.stakeholders if BuyingRole.CHAMPION in person.roles]
    hostile = [
        person.contact_name
        for person in context.facts.present_stakeholders()
        if person.influence is Influence.DECISIVE and person.attitude is Attitude.HOSTILE
    ]
    # A deal that never had a champion is the business of ROLE_MISSING.
    if champions and all(person.left for person in champions):
        names = ", ".join(person.contact_name for person in champions)
        verb = "Our champion has left" if len(champions) == 1 else "Our champions have left"
        yield AlertCause(f"{verb}: {names}. Find another one first.", "addStakeholder")
    elif hostile:
        message = f"Decisive and against us: {', '.join(hostile)}. Find out what worries them."
        yield AlertCause(message, "raiseRisk")


def milestone_is_due(context: AlertContext) -> Iterator[AlertCause]:
    """Measure the days since a milestone was due, negative before that day; one cause per milestone."""
    today = context.facts.today(context.base.now)
    for milestone in context.facts.milestones:
        if milestone.due is not None and milestone.status not in PASSED_STATUSES:
            late = (today - milestone.due).days
            due = f"{'was' if late > 0 else 'is'} due on {milestone.due}"
            message = f"The milestone {wording.quote([milestone.name])} {due}. Help the buyer complete it."
            yield AlertCause(message, "completeMilestone", subject=str(milestone.id), measure=late)


def risk_is_unaddressed(context: AlertContext) -> Iterator[AlertCause]:
    """Measure the days since a HIGH or CRITICAL risk without a mitigation was raised; one cause per risk."""
    for risk in unmitigated_risks(context.facts):
        level = risk_level(risk)
        age = context.days_since(risk.raised_at)
        statement = wording.quote([risk.statement])
        known = f"The {level.label} risk {statement} has had no mitigation for {wording.days(int(age))}"
        # The ladder has a shorter threshold for CRITICAL risks, which must not apply to HIGH ones.
        counts = at_least_threshold if level is RiskLevel.CRITICAL else threshold_below_critical
        yield AlertCause(
            f"{known}. Agree with the buyer on one.",
            "addMitigation",
            subject=str(risk.id),
            measure=age,
            condition=counts,
        )


def risks_were_not_reviewed(context: AlertContext) -> Iterator[AlertCause]:
    """Measure the days since LEAD without a valid review of the buyer's perceived risks."""
    missing = missing_review(context.facts)
    if missing is not None:
        yield AlertCause(missing.sentence, missing.remedy, measure=context.days_since(context.left_lead_at()))


def evidence_is_stale(context: AlertContext) -> Iterator[AlertCause]:
    """Find stale assessments that a passed gate or the next gate requires; one cause per criterion."""
    required = {
        requirement.test.criterion.key
        for trigger in RELEVANT_GATES.get(context.facts.state, ())
        for requirement in context.process.requirements_for(trigger)
        if requirement.test.criterion is not None
    }
    for criterion in context.process.criteria:
        assessment = latest_assessment(context.facts, criterion.key)
        if (
            criterion.key in required
            and assessment is not None
            and is_stale(criterion, assessment, context.base.now)
        ):
            message = wording.stale_assessment(criterion)
            yield AlertCause(message, "assessCriteria", subject=criterion.key)


def interest_is_doubtful(context: AlertContext) -> Iterator[AlertCause]:
    """Find a pain that is years old on a deal without a compelling event."""
    if is_interest_doubtful(context.facts, context.base.now):
        yield AlertCause(f"{DOUBTFUL_INTEREST} Ask the buyer why now, or stop.", "updateBuyer")


def fit_is_lost(context: AlertContext) -> Iterator[AlertCause]:
    """Find hard fit rules that the account's data fails."""
    failing = [
        result.explanation
        for result in hard_fit_results(context.process, context.facts.account)
        if result.status is FitStatus.FAIL
    ]
    if failing:
        message = f"{' '.join(failing)} Correct the account's data, or disqualify the deal."
        yield AlertCause(message, "updateAccount")


def override_is_due(context: AlertContext) -> Iterator[AlertCause]:
    """Find open overrides that have expired."""
    expired = [
        override
        for override in context.facts.overrides
        if override.expires_at is not None and override.expires_at <= context.base.now
    ]
    if expired:
        labels = dict.fromkeys(
            label for override in expired for label in _passed_labels(override, context.process)
        )
        requirements = f"the requirement{'' if len(labels) == 1 else 's'} {wording.quote(labels)}"
        message = (
            f"The override of {requirements} has expired. Meet {'it' if len(labels) == 1 else 'them'} now."
        )
        yield AlertCause(message, "assessCriteria")


def should_be_disqualified(context: AlertContext) -> Iterator[AlertCause]:
    """Find a disproved essential criterion, or measure how long another alert has been CRITICAL."""
    essential = {
        criterion.key: criterion
        for criterion in context.process.criteria
        if criterion.kind in ESSENTIAL_KINDS
    }
    for assessment in context.facts.assessments:
        if assessment.criterion in essential and assessment.grade is Grade.DISPROVED:
            label = wording.quote([essential[assessment.criterion].label])
            message = f"{label} is disproved. {_DECISION_TEXT}"
            # A disproved criterion proposes at once, whatever the rule's threshold is.
            yield AlertCause(message, "disqualifyOpportunity", condition=lambda rule, measure: True)
            return
    if context.facts.state is not OpportunityState.LEAD and context.critical_since:
        code, since = min(context.critical_since.items(), key=lambda pair: pair[1])
        elapsed = (context.base.now - since) / DAY
        message = (
            f"{_CRITICAL_TEXT[code]} has been critical for {wording.days(int(elapsed))}. {_DECISION_TEXT}"
        )
        yield AlertCause(message, "disqualifyOpportunity", measure=elapsed)


def _known_in(role: RoleCoverage) -> str:
    names = wording.roles(role.any_of)
    if not role.filled_by:
        return f"No {names} is known"
    return f"We know only {len(role.filled_by)} of {role.minimum} people required as {names}"


def _passed_labels(override: OverrideFacts, process: ProcessDocument) -> list[str]:
    trigger = gate_trigger(override.trigger, override.target)
    requirements = process.requirements_for(trigger) if trigger else ()
    labels = {requirement.key: requirement.label for requirement in requirements}
    return [labels.get(key, key) for key in override.requirement_keys]


_DECISION_TEXT = "A manager decides: disqualify the deal, or say why it goes on."
_CRITICAL_TEXT = {
    AlertCode.NO_BUYER_ACTIVITY: "The lack of contact with the buyer",
    AlertCode.STAGNATION: "The lack of progress",
    AlertCode.FIT_LOST: "The lost fit",
}
_NEXT_MUTATION = {
    OpportunityState.LEAD: "qualifyOpportunity",
    OpportunityState.QUALIFIED: "progressOpportunity",
    OpportunityState.PROGRESSING: "winOpportunity",
}
