"""What an alert warns of: one function a code finds its causes on a deal, each with what is measured, its words and its remedy."""

from collections.abc import Iterator

from workflow.rules.alerts.cause import (
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
from workflow.rules.health.insight import is_interest_doubtful
from workflow.rules.opportunity.buyer import is_single_threaded, role_coverage
from workflow.rules.opportunity.fit import hard_fit_results
from workflow.rules.opportunity.milestones import BUSY_ACTIVITY_COUNT, PASSED_STATUSES
from workflow.rules.opportunity.qualification import ESSENTIAL_KINDS, is_stale, latest_assessment
from workflow.rules.opportunity.risks import missing_review, risk_level, unmitigated_risks
from workflow.rules.opportunity.time_in_state import state_age

RELEVANT_GATES = {
    OpportunityState.LEAD: (Trigger.QUALIFY,),
    OpportunityState.QUALIFIED: (Trigger.QUALIFY, Trigger.PROGRESS),
    OpportunityState.PROGRESSING: (Trigger.QUALIFY, Trigger.PROGRESS, Trigger.WIN),
}
"""The gates that a deal in the state has passed, and the next one."""


def state_took_long(context: AlertContext) -> Iterator[AlertCause]:
    """Percent of the days that the process expects in the state."""
    expected = context.process.state_settings(context.facts.state).expected_days
    if expected:
        days = state_age(context.facts, context.base.now) / DAY
        message = f"In {context.facts.state} for {_format_days(days)}; {expected} are expected. Move it on, or stop."
        yield AlertCause(message, _NEXT_MUTATION[context.facts.state], measure=100 * days / expected)


def buyer_is_silent(context: AlertContext) -> Iterator[AlertCause]:
    """Days since the buyer was last spoken with, or since the deal left LEAD."""
    days = context.days_since(context.facts.activity.last_two_way_at, context.left_lead_at())
    message = (
        f"Nobody of the buyer's was spoken with for {_format_days(days)}. Call them, or find out why they are silent."
    )
    yield AlertCause(message, "logActivity", measure=days)


def deal_stagnates(context: AlertContext) -> Iterator[AlertCause]:
    """Days since a milestone was done, where a lot goes on all the same."""
    if context.facts.activity.recent_count >= BUSY_ACTIVITY_COUNT:
        done = [one.completed_at for one in context.facts.milestones if one.status is MilestoneStatus.DONE]
        days = context.days_since(context.facts.state_since, *done)
        message = f"{context.facts.activity.recent_count} activities in 30 days, and no milestone for {_format_days(days)}: work, and no progress."
        yield AlertCause(message, "completeMilestone", measure=days)


def next_step_is_missing(context: AlertContext) -> Iterator[AlertCause]:
    """No dated step, one whose day has passed, or one that is far ahead: days ahead."""
    step, today = context.facts.next_step, context.facts.today(context.base.now)
    if step is None or step.due_date is None:
        problem = "There is no next step." if step is None else f"The next step has no date: {step.text}."
        yield AlertCause(
            f"{problem} Agree with the buyer on one, and on its day.", "updateOpportunity", condition=has_no_threshold
        )
    elif step.due_date < today:
        message = f"The next step was due on {step.due_date}: {step.text}. Do it, or agree on a new one."
        yield AlertCause(message, "updateOpportunity", condition=has_no_threshold)
    else:
        ahead = (step.due_date - today).days
        message = f"The next step is {ahead} days ahead: {step.text}. Agree on something sooner."
        yield AlertCause(message, "updateOpportunity", measure=ahead, condition=above_threshold)


def close_date_has_passed(context: AlertContext) -> Iterator[AlertCause]:
    """The expected close date is over."""
    day = context.facts.expected_close_date
    if day is not None and day < context.facts.today(context.base.now):
        yield AlertCause(
            f"It was expected to close on {day}. Set a day that the buyer agrees with.", "updateOpportunity"
        )


def close_date_was_pushed(context: AlertContext) -> Iterator[AlertCause]:
    """How often the expected close date was pushed to a later month."""
    pushes = context.facts.push_count
    times = "once" if pushes == 1 else f"{pushes} times"
    message = f"The close date was pushed {times}. Ask the buyer what has to happen before they can sign."
    yield AlertCause(message, "updateBuyer", measure=pushes)


def deal_is_single_threaded(context: AlertContext) -> Iterator[AlertCause]:
    """Fewer than two people of the buyer's."""
    if is_single_threaded(context.facts):
        count = len(context.facts.present_stakeholders())
        problem = "Nobody of the buyer's is on record" if not count else "The deal hangs on one person"
        yield AlertCause(f"{problem}. Get to know somebody more.", "addStakeholder")


def role_is_missing(context: AlertContext) -> Iterator[AlertCause]:
    """Days past LEAD without somebody in a role that the process requires; one a role."""
    days = context.days_since(context.left_lead_at())
    for role in role_coverage(context.process, context.facts):
        if not role.met:
            names = " or ".join(_role_label(one) for one in role.any_of)
            message = f"After {_format_days(days)} there is no {names} on record. Find out who that is."
            yield AlertCause(message, "addStakeholder", subject="|".join(role.any_of), measure=days)


def champion_has_left(context: AlertContext) -> Iterator[AlertCause]:
    """The only champion left, or somebody who decides is against us."""
    champions = [person for person in context.facts.stakeholders if BuyingRole.CHAMPION in person.roles]
    hostile = [
        person
        for person in context.facts.present_stakeholders()
        if person.influence is Influence.DECISIVE and person.attitude is Attitude.HOSTILE
    ]
    if champions and all(person.left for person in champions):
        names = ", ".join(person.contact_name for person in champions)
        yield AlertCause(f"The champion has left: {names}. Find another before anything else.", "addStakeholder")
    elif hostile:
        names = ", ".join(person.contact_name for person in hostile)
        yield AlertCause(f"{names} decides, and is against us. Find out what they fear.", "raiseRisk")


def milestone_is_due(context: AlertContext) -> Iterator[AlertCause]:
    """Days after the day on which a milestone is due, before it negative; one a milestone."""
    today = context.facts.today(context.base.now)
    for milestone in context.facts.milestones:
        if milestone.due is not None and milestone.status not in PASSED_STATUSES:
            days = (today - milestone.due).days
            message = f"Milestone {milestone.name} {'is' if days <= 0 else 'was'} due on {milestone.due}. Bring the buyer there, or say why not."
            yield AlertCause(message, "completeMilestone", subject=str(milestone.id), measure=days)


def risk_is_unaddressed(context: AlertContext) -> Iterator[AlertCause]:
    """Days since a HIGH or CRITICAL risk was raised, about which nothing is planned; one a risk."""
    for risk in unmitigated_risks(context.facts):
        level, days = risk_level(risk), context.days_since(risk.raised_at)
        message = f"Nothing is planned against a {level} risk, raised {_format_days(days)} ago: {risk.statement}"
        counts = at_least_threshold if level is RiskLevel.CRITICAL else threshold_below_critical
        yield AlertCause(message, "addMitigation", subject=str(risk.id), measure=days, condition=counts)


def risks_were_not_reviewed(context: AlertContext) -> Iterator[AlertCause]:
    """Days past LEAD without a review of the buyer's risks that holds."""
    missing = missing_review(context.facts)
    if missing is not None:
        yield AlertCause(missing.sentence, missing.remedy, measure=context.days_since(context.left_lead_at()))


def evidence_is_stale(context: AlertContext) -> Iterator[AlertCause]:
    """What a gate that was passed, or the next, asks for was said too long ago; one a criterion."""
    required = {
        one.test.criterion.key
        for trigger in RELEVANT_GATES.get(context.facts.state, ())
        for one in context.process.requirements_for(trigger)
        if one.test.criterion is not None
    }
    for criterion in context.process.criteria:
        assessment = latest_assessment(context.facts, criterion.key)
        if criterion.key in required and assessment is not None and is_stale(criterion, assessment, context.base.now):
            day = assessment.assessed_at.date()
            message = (
                f"{criterion.label} was last confirmed on {day}, over {criterion.stale_after_days} days ago. Ask again."
            )
            yield AlertCause(message, "assessCriteria", subject=criterion.key)


def interest_is_doubtful(context: AlertContext) -> Iterator[AlertCause]:
    """The buyer has lived with the pain for years, and nothing makes a date matter."""
    if is_interest_doubtful(context.facts, context.base.now):
        message = "The pain is over five years old, and no event makes a date matter. Ask why now, or stop."
        yield AlertCause(message, "updateBuyer")


def fit_is_lost(context: AlertContext) -> Iterator[AlertCause]:
    """The account no longer fits what we sell."""
    failing = [
        one.explanation
        for one in hard_fit_results(context.process, context.facts.account)
        if one.status is FitStatus.FAIL
    ]
    if failing:
        yield AlertCause(f"{' '.join(failing)} Correct the account, or stop.", "updateAccount")


def override_is_due(context: AlertContext) -> Iterator[AlertCause]:
    """What was passed by an override was to be made good by now."""
    expired = [
        one for one in context.facts.overrides if one.expires_at is not None and one.expires_at <= context.base.now
    ]
    if expired:
        keys = ", ".join(dict.fromkeys(key for one in expired for key in one.requirement_keys))
        yield AlertCause(f"An override has run out, and this is still owed: {keys}. Make it good.", "assessCriteria")


def should_be_disqualified(context: AlertContext) -> Iterator[AlertCause]:
    """Days since another alert turned CRITICAL without a break; at once where pain, interest or fit was disproved."""
    essential = {
        criterion.key: criterion for criterion in context.process.criteria if criterion.kind in ESSENTIAL_KINDS
    }
    for assessment in context.facts.assessments:
        if assessment.criterion in essential and assessment.grade is Grade.DISPROVED:
            label = essential[assessment.criterion].label
            yield AlertCause(
                f"This was disproved: {label}. {_DECISION_TEXT}",
                "disqualifyOpportunity",
                condition=lambda rule, measure: True,
            )
            return
    if context.facts.state is not OpportunityState.LEAD and context.critical_since:
        code, since = min(context.critical_since.items(), key=lambda pair: pair[1])
        days = (context.base.now - since) / DAY
        yield AlertCause(
            f"{_CRITICAL_TEXT[code]} for {_format_days(days)} at its worst. {_DECISION_TEXT}",
            "disqualifyOpportunity",
            measure=days,
        )


def _format_days(days: float) -> str:
    return "1 day" if int(days) == 1 else f"{int(days)} days"


def _role_label(role: BuyingRole) -> str:
    return role.replace("_", " ").lower()


_DECISION_TEXT = "A manager decides: disqualify it, or say why it goes on."
_CRITICAL_TEXT = {
    AlertCode.NO_BUYER_ACTIVITY: "The buyer has been silent",
    AlertCode.STAGNATION: "The deal has not moved",
    AlertCode.FIT_LOST: "The account has not fitted",
}
_NEXT_MUTATION = {
    OpportunityState.LEAD: "qualifyOpportunity",
    OpportunityState.QUALIFIED: "progressOpportunity",
    OpportunityState.PROGRESSING: "winOpportunity",
}
