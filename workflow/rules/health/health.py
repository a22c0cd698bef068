"""Health of a deal: factors that add up to a score of 0 to 100, each with its points and the reason."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from workflow.rules.enums import BuyingRole, Coverage, HealthBand, OpportunityState
from workflow.rules.gates.requirements import RuleContext
from workflow.rules.health.at_close import evaluation_context
from workflow.rules.money import round_half_up
from workflow.rules.opportunity import wording
from workflow.rules.opportunity.buyer import coverage, stakeholders_in_roles
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.milestones import is_overdue
from workflow.rules.opportunity.qualification import qualification_score
from workflow.rules.opportunity.risks import unmitigated_risks
from workflow.rules.opportunity.time_in_state import state_age
from workflow.rules.process.document import ProcessDocument

ACTIVITY_POINTS = ((7, 25), (14, 15), (30, 5))
"""Most days since the last two-way contact with the buyer: points."""
PEOPLE_POINTS = ((3, 20), (2, 12), (1, 5))
"""Fewest present stakeholders with a role: points."""
MILESTONE_POINTS = 20
"""Points, times the share of milestones that are not overdue, or the score before PROGRESSING."""
AGE_POINTS = ((100, 15), (125, 8), (150, 3))
"""Most percent of the days that the process expects in the state: points."""
PUSH_POINTS = ((0, 10), (1, 6), (2, 3))
"""Most pushes of the expected close date: points."""
ENGAGEMENT_POINTS = {Coverage.NONE: 0, Coverage.BRIEF: 5, Coverage.MULTIPLE: 10, Coverage.IN_DEPTH: 10}
"""Coverage of the best-covered decision maker: points."""
RISK_PENALTY = 10
"""Points taken for each open risk above MEDIUM without a mitigation."""
BANDS = ((80, HealthBand.GREEN), (60, HealthBand.AMBER), (0, HealthBand.RED))
"""Lowest score: band."""

DECIDING_ROLES = (BuyingRole.ECONOMIC_BUYER, BuyingRole.DECISION_MAKER, BuyingRole.APPROVER)
BEFORE_PROGRESSING = frozenset({OpportunityState.LEAD, OpportunityState.QUALIFIED})


@dataclass(frozen=True, slots=True)
class HealthFactor:
    """One part of the score: its points, the most it can give, and the reason."""

    key: str
    label: str
    points: int
    max_points: int
    explanation: str


@dataclass(frozen=True, slots=True)
class Health:
    """Health of a deal: its factors, whose points add up to the score."""

    factors: tuple[HealthFactor, ...]

    @property
    def score(self) -> int:
        """Return the sum of the factors' points."""
        return sum(factor.points for factor in self.factors)

    @property
    def band(self) -> HealthBand:
        """Return the score as a traffic light."""
        return next(band for lowest, band in BANDS if self.score >= lowest)


def evaluate_health(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> Health:
    """Return the health of a deal at an instant; of a closed deal, its health at the close."""
    context = evaluation_context(process, facts, now)
    factors = tuple(_factor(rule, context) for rule in FACTORS)
    penalty, explanation = _risk_penalty(context, sum(factor.points for factor in factors))
    return Health((*factors, HealthFactor("risks", "Risks without a mitigation", penalty, 0, explanation)))


def _factor(rule: "FactorRule", context: RuleContext) -> HealthFactor:
    points, explanation = rule.evaluate(context)
    return HealthFactor(rule.key, rule.label, points, rule.max_points, explanation)


def _buyer_contact(context: RuleContext) -> tuple[int, str]:
    facts = context.facts
    last = facts.activity.last_two_way_at
    full_days = ACTIVITY_POINTS[0][0]
    gap = wording.buyer_contact_gap(facts, context.now)
    aim = f"Contact within {full_days} days gives full points"
    if last is None:
        return 0, f"{gap}. {aim}: call or meet them."
    silence = max(timedelta(0), context.now - last)
    points = _points_within(silence, ACTIVITY_POINTS, wording.DAY)
    if silence <= full_days * wording.DAY:
        # A date rather than "3 days ago": the text is stored, and stays true until the points change.
        return points, f"The last two-way contact with the buyer was on {facts.today(last)}. {aim}."
    return points, f"{gap}. {aim}: call them, or find out why they are silent."


def _people(context: RuleContext) -> tuple[int, str]:
    present = context.facts.present_stakeholders()
    full = PEOPLE_POINTS[0][0]
    known = sum(bool(person.roles) for person in present)
    points = next((points for fewest, points in PEOPLE_POINTS if known >= fewest), 0)
    counted = {0: "no one", 1: "1 person"}.get(known, f"{known} people")
    sentence = f"We know {counted} on the buyer's side with a role in the purchase."
    if known >= full:
        return points, sentence
    without_role = len(present) > known
    advice = "find out the roles of the others" if without_role else "get to know more people and their roles"
    return points, f"{sentence} {full} give full points: {advice}."


def _milestones(context: RuleContext) -> tuple[int, str]:
    facts = context.facts
    total = len(facts.milestones)
    if facts.state in BEFORE_PROGRESSING:
        return _qualification(context)
    overdue = [milestone for milestone in facts.milestones if is_overdue(milestone, facts, context.now)]
    if not overdue:
        return (
            MILESTONE_POINTS,
            "No milestone is overdue." if total else "There are no milestones that could be overdue.",
        )
    names = wording.quote([milestone.name for milestone in overdue])
    points = round_half_up(Decimal(MILESTONE_POINTS * (total - len(overdue))) / total)
    counted = f"{len(overdue)} of {total} milestones {'is' if len(overdue) == 1 else 'are'} overdue"
    return points, f"{counted}: {names}. Help the buyer complete {'it' if len(overdue) == 1 else 'them'}."


def _qualification(context: RuleContext) -> tuple[int, str]:
    score = qualification_score(context.process, context.facts, context.now)
    sentence = f"Until the deal is in progress, its qualification score counts: {score} of 100."
    advice = "" if score == 100 else " Find out what the criteria still ask."
    return round_half_up(Decimal(MILESTONE_POINTS * score) / 100), f"{sentence}{advice}"


def _age(context: RuleContext) -> tuple[int, str]:
    facts = context.facts
    expected = context.process.state_settings(facts.state).expected_days
    if expected is None:
        return AGE_POINTS[0][1], "The process sets no expected time for this state."
    age = state_age(facts, context.now)
    points = _points_within(age, AGE_POINTS, expected * wording.DAY / 100)
    sentence = f"{wording.time_in_state(facts, expected, context.now)}."
    return points, sentence if age <= expected * wording.DAY else f"{sentence} {NEXT_ACTS[facts.state]}"


def _close_date(context: RuleContext) -> tuple[int, str]:
    pushes = context.facts.push_count
    points = next((points for most, points in PUSH_POINTS if pushes <= most), 0)
    if pushes == 0:
        return points, "The expected close date has never been pushed."
    advice = "The lost points do not come back; agree on a date that the buyer will keep."
    return points, f"{wording.close_date_pushes(context.facts)}. {advice}"


def _decision_maker(context: RuleContext) -> tuple[int, str]:
    deciders = stakeholders_in_roles(context.facts, DECIDING_ROLES)
    names = wording.roles(DECIDING_ROLES)
    if not deciders:
        return 0, f"No {names} is known. Find out who decides."
    points = max(ENGAGEMENT_POINTS[coverage(context.facts.conversation_count(person))] for person in deciders)
    if points == 0:
        return (
            points,
            f"No two-way contact yet with an {names}. Two conversations give full points: meet them.",
        )
    if points < FULL_ENGAGEMENT_POINTS:
        return points, f"One two-way contact with an {names}. Two give full points: meet them again."
    return points, f"Two or more two-way contacts with an {names}."


def _risk_penalty(context: RuleContext, available: int) -> tuple[int, str]:
    """Return the points that risks cost, at most those that the other factors gave."""
    risks = unmitigated_risks(context.facts)
    if not risks:
        return 0, "No open risk above medium lacks a mitigation."
    penalty = RISK_PENALTY * len(risks)
    names = wording.quote([risk.statement for risk in risks])
    cost = f"costs {RISK_PENALTY} points" if len(risks) == 1 else f"each cost {RISK_PENALTY} points"
    floor = " The score does not fall below 0." if penalty > available else ""
    explanation = f"Without a mitigation, {names} {cost}. Agree with the buyer on one.{floor}"
    # Cut to the other points, so that the factors still add up to the score.
    return -min(penalty, available), explanation


def _points_within(span: timedelta, ladder: tuple[tuple[int, int], ...], unit: timedelta) -> int:
    return next((points for most, points in ladder if span <= most * unit), 0)


FULL_ENGAGEMENT_POINTS = max(ENGAGEMENT_POINTS.values())
NEXT_ACTS = {
    OpportunityState.LEAD: "Qualify or disqualify it.",
    OpportunityState.QUALIFIED: "Progress or disqualify it.",
    OpportunityState.PROGRESSING: "Help the buyer decide, or close it.",
}
"""Advice on a deal that has been in its state for too long."""


@dataclass(frozen=True, slots=True)
class FactorRule:
    """Row of the table of factors: the most points, and the function that finds points and reason."""

    key: str
    label: str
    max_points: int
    evaluate: Callable[[RuleContext], tuple[int, str]]


FACTORS = (
    FactorRule("buyer_activity", "Contact with the buyer", 25, _buyer_contact),
    FactorRule("people", "People with a role", 20, _people),
    FactorRule("milestones", "Milestones on time", 20, _milestones),
    FactorRule("state_age", "Time in the current state", 15, _age),
    FactorRule("close_date", "Stable close date", 10, _close_date),
    FactorRule("decision_maker", "Decision maker engaged", 10, _decision_maker),
)
