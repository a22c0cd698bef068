"""What an alert warns of: one function a code finds its causes on a deal, each with what is measured, its words and its remedy."""

from collections.abc import Iterator

from workflow.rules.alerts.cause import DAY, Cause, Watched, below_critical, further_than, reaches, without_days
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
from workflow.rules.health.insight import doubtful
from workflow.rules.opportunity.buyer import role_coverage, single_threaded
from workflow.rules.opportunity.milestones import BUSY, PASSED
from workflow.rules.opportunity.qualification import ESSENTIAL, hard_fit, latest, stale
from workflow.rules.opportunity.risks import level_of, not_reviewed, unmitigated
from workflow.rules.opportunity.time_in_state import state_age

ASKED = {
    OpportunityState.LEAD: (Trigger.QUALIFY,),
    OpportunityState.QUALIFIED: (Trigger.QUALIFY, Trigger.PROGRESS),
    OpportunityState.PROGRESSING: (Trigger.QUALIFY, Trigger.PROGRESS, Trigger.WIN),
}
"""The gates that a deal in the state has passed, and the next one."""


def state_took_long(on: Watched) -> Iterator[Cause]:
    """Percent of the days that the process expects in the state."""
    expected = on.process.settings(on.facts.state).expected_days
    if expected:
        age = state_age(on.facts, on.case.now) / DAY
        message = f"In {on.facts.state} for {_days(age)}; {expected} are expected. Move it on, or stop."
        yield Cause(message, _WAYS_ON[on.facts.state], measure=100 * age / expected)


def buyer_is_silent(on: Watched) -> Iterator[Cause]:
    """Days since the buyer was last spoken with, or since the deal left LEAD."""
    days = on.days_since(on.facts.activity.last_two_way_at, on.left_lead())
    message = f"Nobody of the buyer's was spoken with for {_days(days)}. Call them, or find out why they are silent."
    yield Cause(message, "logActivity", measure=days)


def busy_and_not_moving(on: Watched) -> Iterator[Cause]:
    """Days since a milestone was done, where a lot goes on all the same."""
    if on.facts.activity.recent_count >= BUSY:
        done = [one.completed_at for one in on.facts.milestones if one.status is MilestoneStatus.DONE]
        days = on.days_since(on.facts.state_since, *done)
        message = f"{on.facts.activity.recent_count} activities in 30 days, and no milestone for {_days(days)}: work, and no progress."
        yield Cause(message, "completeMilestone", measure=days)


def next_step_is_missing(on: Watched) -> Iterator[Cause]:
    """No dated step, one whose day has passed, or one that is far ahead: days ahead."""
    step, today = on.facts.next_step, on.facts.today(on.case.now)
    if step is None or step.due_date is None:
        said = "There is no next step." if step is None else f"The next step has no date: {step.text}."
        yield Cause(f"{said} Agree with the buyer on one, and on its day.", "updateOpportunity", counts=without_days)
    elif step.due_date < today:
        message = f"The next step was due on {step.due_date}: {step.text}. Do it, or agree on a new one."
        yield Cause(message, "updateOpportunity", counts=without_days)
    else:
        ahead = (step.due_date - today).days
        message = f"The next step is {ahead} days ahead: {step.text}. Agree on something sooner."
        yield Cause(message, "updateOpportunity", measure=ahead, counts=further_than)


def close_date_has_passed(on: Watched) -> Iterator[Cause]:
    """The expected close date is over."""
    day = on.facts.expected_close_date
    if day is not None and day < on.facts.today(on.case.now):
        yield Cause(f"It was expected to close on {day}. Set a day that the buyer agrees with.", "updateOpportunity")


def close_date_was_pushed(on: Watched) -> Iterator[Cause]:
    """How often the expected close date was pushed to a later month."""
    pushes = on.facts.push_count
    times = "once" if pushes == 1 else f"{pushes} times"
    message = f"The close date was pushed {times}. Ask the buyer what has to happen before they can sign."
    yield Cause(message, "updateBuyer", measure=pushes)


def hangs_on_one_person(on: Watched) -> Iterator[Cause]:
    """Fewer than two people of the buyer's."""
    if single_threaded(on.facts):
        known = len(on.facts.present_stakeholders())
        said = "Nobody of the buyer's is on record" if not known else "The deal hangs on one person"
        yield Cause(f"{said}. Get to know somebody more.", "addStakeholder")


def role_is_missing(on: Watched) -> Iterator[Cause]:
    """Days past LEAD without somebody in a role that the process requires; one a role."""
    days = on.days_since(on.left_lead())
    for role in role_coverage(on.process, on.facts):
        if not role.met:
            names = " or ".join(_named(one) for one in role.any_of)
            message = f"After {_days(days)} there is no {names} on record. Find out who that is."
            yield Cause(message, "addStakeholder", subject="|".join(role.any_of), measure=days)


def champion_has_left(on: Watched) -> Iterator[Cause]:
    """The only champion left, or somebody who decides is against us."""
    champions = [person for person in on.facts.stakeholders if BuyingRole.CHAMPION in person.roles]
    hostile = [
        person
        for person in on.facts.present_stakeholders()
        if person.influence is Influence.DECISIVE and person.attitude is Attitude.HOSTILE
    ]
    if champions and all(person.left for person in champions):
        named = ", ".join(person.contact_name for person in champions)
        yield Cause(f"The champion has left: {named}. Find another before anything else.", "addStakeholder")
    elif hostile:
        named = ", ".join(person.contact_name for person in hostile)
        yield Cause(f"{named} decides, and is against us. Find out what they fear.", "raiseRisk")


def milestone_is_due(on: Watched) -> Iterator[Cause]:
    """Days after the day on which a milestone is due, before it negative; one a milestone."""
    today = on.facts.today(on.case.now)
    for step in on.facts.milestones:
        if step.due is not None and step.status not in PASSED:
            days = (today - step.due).days
            message = f"Milestone {step.name} {'is' if days <= 0 else 'was'} due on {step.due}. Bring the buyer there, or say why not."
            yield Cause(message, "completeMilestone", subject=str(step.id), measure=days)


def risk_is_unaddressed(on: Watched) -> Iterator[Cause]:
    """Days since a HIGH or CRITICAL risk was raised, about which nothing is planned; one a risk."""
    for risk in unmitigated(on.facts):
        level, days = level_of(risk), on.days_since(risk.raised_at)
        message = f"Nothing is planned against a {level} risk, raised {_days(days)} ago: {risk.statement}"
        counts = reaches if level is RiskLevel.CRITICAL else below_critical
        yield Cause(message, "addMitigation", subject=str(risk.id), measure=days, counts=counts)


def risks_were_not_reviewed(on: Watched) -> Iterator[Cause]:
    """Days past LEAD without a review of the buyer's risks that holds."""
    lack = not_reviewed(on.facts)
    if lack is not None:
        yield Cause(lack.sentence, lack.remedy, measure=on.days_since(on.left_lead()))


def evidence_is_stale(on: Watched) -> Iterator[Cause]:
    """What a gate that was passed, or the next, asks for was said too long ago; one a criterion."""
    asked = {
        one.test.criterion.key
        for trigger in ASKED.get(on.facts.state, ())
        for one in on.process.gate(trigger)
        if one.test.criterion is not None
    }
    for criterion in on.process.criteria:
        said = latest(on.facts, criterion.key)
        if criterion.key in asked and said is not None and stale(criterion, said, on.case.now):
            day = said.assessed_at.date()
            message = (
                f"{criterion.label} was last confirmed on {day}, over {criterion.stale_after_days} days ago. Ask again."
            )
            yield Cause(message, "assessCriteria", subject=criterion.key)


def interest_is_doubtful(on: Watched) -> Iterator[Cause]:
    """The buyer has lived with the pain for years, and nothing makes a date matter."""
    if doubtful(on.facts, on.case.now):
        message = "The pain is over five years old, and no event makes a date matter. Ask why now, or stop."
        yield Cause(message, "updateBuyer")


def fit_is_lost(on: Watched) -> Iterator[Cause]:
    """The account no longer fits what we sell."""
    failing = [one.explanation for one in hard_fit(on.process, on.facts.account) if one.status is FitStatus.FAIL]
    if failing:
        yield Cause(f"{' '.join(failing)} Correct the account, or stop.", "updateAccount")


def override_is_due(on: Watched) -> Iterator[Cause]:
    """What was passed by an override was to be made good by now."""
    due = [one for one in on.facts.overrides if one.expires_at is not None and one.expires_at <= on.case.now]
    if due:
        owed = ", ".join(dict.fromkeys(key for one in due for key in one.requirement_keys))
        yield Cause(f"An override has run out, and this is still owed: {owed}. Make it good.", "assessCriteria")


def is_not_worth_it(on: Watched) -> Iterator[Cause]:
    """Days since another alert turned CRITICAL without a break; at once where pain, interest or fit was disproved."""
    kinds = {criterion.key: criterion for criterion in on.process.criteria if criterion.kind in ESSENTIAL}
    for answer in on.facts.assessments:
        if answer.criterion in kinds and answer.grade is Grade.DISPROVED:
            label = kinds[answer.criterion].label
            yield Cause(
                f"This was disproved: {label}. {_DECIDE}", "disqualifyOpportunity", counts=lambda rule, measure: True
            )
            return
    if on.facts.state is not OpportunityState.LEAD and on.critical_since:
        code, since = min(on.critical_since.items(), key=lambda pair: pair[1])
        days = (on.case.now - since) / DAY
        yield Cause(f"{_STOPS[code]} for {_days(days)} at its worst. {_DECIDE}", "disqualifyOpportunity", measure=days)


def _days(days: float) -> str:
    return "1 day" if int(days) == 1 else f"{int(days)} days"


def _named(role: BuyingRole) -> str:
    return role.replace("_", " ").lower()


_DECIDE = "A manager decides: disqualify it, or say why it goes on."
_STOPS = {
    AlertCode.NO_BUYER_ACTIVITY: "The buyer has been silent",
    AlertCode.STAGNATION: "The deal has not moved",
    AlertCode.FIT_LOST: "The account has not fitted",
}
_WAYS_ON = {
    OpportunityState.LEAD: "qualifyOpportunity",
    OpportunityState.QUALIFIED: "progressOpportunity",
    OpportunityState.PROGRESSING: "winOpportunity",
}
