"""Health: factors with their points, the reason and what mends it; together they are the score."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from workflow.rules.enums import BuyingRole, Coverage, HealthBand, OpportunityState
from workflow.rules.gates.requirements import RuleContext
from workflow.rules.health.at_close import evaluation_context
from workflow.rules.money import round_half_up
from workflow.rules.opportunity.buyer import coverage, stakeholders_in_roles
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.milestones import is_overdue
from workflow.rules.opportunity.qualification import qualification_score
from workflow.rules.opportunity.risks import unmitigated_risks
from workflow.rules.opportunity.time_in_state import state_age
from workflow.rules.process.document import ProcessDocument

ACTIVITY_POINTS = ((7, 25), (14, 15), (30, 5))
"""Days since the buyer was last spoken with, at most: points."""
PEOPLE_POINTS = ((3, 20), (2, 12), (1, 5))
"""Present stakeholders with a role, at least: points."""
MILESTONE_POINTS = 20
"""Points, times the share of milestones that is not overdue; before PROGRESSING, times the qualification score."""
AGE_POINTS = ((100, 15), (125, 8), (150, 3))
"""Percent of the days that the process expects, at most: points."""
PUSH_POINTS = ((0, 10), (1, 6), (2, 3))
"""Pushes of the expected close date, at most: points."""
ENGAGEMENT_POINTS = {Coverage.NONE: 0, Coverage.BRIEF: 5, Coverage.MULTIPLE: 10, Coverage.IN_DEPTH: 10}
"""How well we know the decision maker whom we know best: points."""
RISK_PENALTY = 10
"""Points taken for each open risk above MEDIUM without a mitigation."""
BANDS = ((80, HealthBand.GREEN), (60, HealthBand.AMBER), (0, HealthBand.RED))
"""Score, at least: band."""

DECIDING_ROLES = (BuyingRole.ECONOMIC_BUYER, BuyingRole.DECISION_MAKER, BuyingRole.APPROVER)
BEFORE_PROGRESSING = frozenset({OpportunityState.LEAD, OpportunityState.QUALIFIED})
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HealthFactor:
    """One part of the score: its points of at most so many, and why."""

    key: str
    label: str
    points: int
    max_points: int
    explanation: str


@dataclass(frozen=True, slots=True)
class Health:
    """How well a deal does, 0 to 100, every point accounted for."""

    factors: tuple[HealthFactor, ...]

    @property
    def score(self) -> int:
        """The sum of the factors' points."""
        return sum(factor.points for factor in self.factors)

    @property
    def band(self) -> HealthBand:
        """The score as a traffic light."""
        return next(band for least, band in BANDS if self.score >= least)


def evaluate_health(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> Health:
    """The health of a deal at that instant; of a closed one, as at its close."""
    context = evaluation_context(process, facts, now)
    factors = tuple(_factor(row, context) for row in FACTORS)
    penalty, why = _risk_penalty(context, sum(factor.points for factor in factors))
    return Health((*factors, HealthFactor("risks", "Risks without a mitigation", penalty, 0, why)))


def _factor(rule: "FactorRule", context: RuleContext) -> HealthFactor:
    points, why = rule.evaluate(context)
    return HealthFactor(rule.key, rule.label, points, rule.max_points, why)


def _activity(context: RuleContext) -> tuple[int, str]:
    last, full = context.facts.activity.last_two_way_at, ACTIVITY_POINTS[0][0]
    if last is None:
        return 0, "Nobody of the buyer's was spoken with yet, both ways: logActivity."
    ago = max(timedelta(0), context.now - last)
    points = _points_within(ago, ACTIVITY_POINTS, DAY)
    if ago <= full * DAY:
        return points, f"The buyer was last spoken with on {last:%Y-%m-%d}; up to {full} days ago keeps all points."
    return (
        points,
        f"Nobody of the buyer's was spoken with for {_format_span(ago)}; {full} keep all points: logActivity.",
    )


def _people(context: RuleContext) -> tuple[int, str]:
    present, full = context.facts.present_stakeholders(), PEOPLE_POINTS[0][0]
    known = sum(bool(person.roles) for person in present)
    points = next((points for least, points in PEOPLE_POINTS if known >= least), 0)
    found = f"People of the buyer's with a role in the purchase: {known}; {full} keep all points"
    remedy = "updateStakeholder" if len(present) > known else "addStakeholder"
    return points, f"{found}." if known >= full else f"{found}: {remedy}."


def _milestones(context: RuleContext) -> tuple[int, str]:
    facts, total = context.facts, len(context.facts.milestones)
    if facts.state in BEFORE_PROGRESSING:
        reached = qualification_score(context.process, facts, context.now)
        sentence = f"Until the deal is PROGRESSING its qualification counts: {reached} of 100"
        return round_half_up(Decimal(MILESTONE_POINTS * reached) / 100), sentence + (
            "." if reached == 100 else ": assessCriteria."
        )
    late = [milestone for milestone in facts.milestones if is_overdue(milestone, facts, context.now)]
    if not late:
        return (
            MILESTONE_POINTS,
            "No milestone is overdue." if total else "No milestone is laid out, so none is overdue.",
        )
    names = ", ".join(milestone.name for milestone in late)
    points = round_half_up(Decimal(MILESTONE_POINTS * (total - len(late))) / total)
    return points, f"{len(late)} of {total} milestones are overdue: {names}. Bring the buyer there: completeMilestone."


def _age(context: RuleContext) -> tuple[int, str]:
    state, age = context.facts.state, state_age(context.facts, context.now)
    expected = context.process.state_settings(state).expected_days
    if expected is None:
        return AGE_POINTS[0][1], f"The process expects no number of days in {state}."
    points = _points_within(age, AGE_POINTS, expected * DAY / 100)
    if age <= expected * DAY:
        return points, f"{age // DAY} of the {expected} days that are expected in {state} have passed."
    return points, f"In {state} for {_format_span(age)}; {expected} are expected: {_NEXT_MUTATIONS[state]}."


def _close_date(context: RuleContext) -> tuple[int, str]:
    pushes = context.facts.push_count
    points = next((points for most, points in PUSH_POINTS if pushes <= most), 0)
    if pushes == 0:
        return points, "The expected close date was never pushed."
    times = "once" if pushes == 1 else f"{pushes} times"
    return (
        points,
        f"The expected close date was pushed {times}, and that stays: agree with the buyer on one that holds.",
    )


def _decision_maker(context: RuleContext) -> tuple[int, str]:
    known = [
        coverage(context.facts.conversation_count(person))
        for person in stakeholders_in_roles(context.facts, DECIDING_ROLES)
    ]
    if not known:
        return 0, "No economic buyer, decision maker or approver is known: addStakeholder."
    points = max(ENGAGEMENT_POINTS[talks] for talks in known)
    often = {0: "never", 5: "once"}.get(points, "at least twice")
    sentence = f"An economic buyer, decision maker or approver is known, and was spoken with {often}"
    return points, f"{sentence}." if points == 10 else f"{sentence}; twice keeps all points: logActivity."


def _risk_penalty(context: RuleContext, available: int) -> tuple[int, str]:
    """What the risks take, at most what the other factors gave."""
    risks = unmitigated_risks(context.facts)
    if not risks:
        return 0, "No open risk above MEDIUM is without a mitigation."
    named, penalty = "; ".join(risk.statement for risk in risks), RISK_PENALTY * len(risks)
    cut = " No score goes below 0." if penalty > available else ""
    return -min(
        penalty, available
    ), f"Nothing is planned against: {named}. Each takes {RISK_PENALTY} points: addMitigation.{cut}"


def _points_within(span: timedelta, ladder: tuple[tuple[int, int], ...], unit: timedelta) -> int:
    return next((points for most, points in ladder if span <= most * unit), 0)


def _format_span(span: timedelta) -> str:
    """More than so many whole days, which is true of a moment more, too."""
    days = -(-span // DAY) - 1
    return f"more than {days} {'day' if days == 1 else 'days'}"


_NEXT_MUTATIONS = {
    OpportunityState.LEAD: "qualifyOpportunity, or disqualifyOpportunity",
    OpportunityState.QUALIFIED: "progressOpportunity, or disqualifyOpportunity",
    OpportunityState.PROGRESSING: "winOpportunity, or loseOpportunity",
}


@dataclass(frozen=True, slots=True)
class FactorRule:
    """A row of the table: what is looked at, how many points it may give, and how they are found, with the reason."""

    key: str
    label: str
    max_points: int
    evaluate: Callable[[RuleContext], tuple[int, str]]


FACTORS = (
    FactorRule("buyer_activity", "Last spoken with the buyer", 25, _activity),
    FactorRule("people", "People with a role", 20, _people),
    FactorRule("milestones", "Milestones on time", 20, _milestones),
    FactorRule("state_age", "Time in the state", 15, _age),
    FactorRule("close_date", "Close date kept", 10, _close_date),
    FactorRule("decision_maker", "Decision maker engaged", 10, _decision_maker),
)
