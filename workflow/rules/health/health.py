"""Health: factors with their points, the reason and what mends it; together they are the score."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from workflow.rules.enums import BuyingRole, Coverage, HealthBand, OpportunityState
from workflow.rules.gates.requirements import Case
from workflow.rules.health.at_close import standing
from workflow.rules.money import half_up
from workflow.rules.opportunity.buyer import coverage, holders
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.milestones import overdue
from workflow.rules.opportunity.qualification import score as qualification_score
from workflow.rules.opportunity.risks import unmitigated
from workflow.rules.opportunity.time_in_state import state_age
from workflow.rules.process.document import ProcessDocument

ACTIVITY = ((7, 25), (14, 15), (30, 5))
"""Days since the buyer was last spoken with, at most: points."""
PEOPLE = ((3, 20), (2, 12), (1, 5))
"""Present stakeholders with a role, at least: points."""
ON_TIME = 20
"""Points, times the share of milestones that is not overdue; before PROGRESSING, times the qualification score."""
AGE = ((100, 15), (125, 8), (150, 3))
"""Percent of the days that the process expects, at most: points."""
PUSHES = ((0, 10), (1, 6), (2, 3))
"""Pushes of the expected close date, at most: points."""
ENGAGED = {Coverage.NONE: 0, Coverage.BRIEF: 5, Coverage.MULTIPLE: 10, Coverage.IN_DEPTH: 10}
"""How well we know the decision maker whom we know best: points."""
MALUS = 10
"""Points taken for each open risk above MEDIUM without a mitigation."""
BANDS = ((80, HealthBand.GREEN), (60, HealthBand.AMBER), (0, HealthBand.RED))
"""Score, at least: band."""

DECIDERS = (BuyingRole.ECONOMIC_BUYER, BuyingRole.DECISION_MAKER, BuyingRole.APPROVER)
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


def health(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> Health:
    """The health of a deal at that instant; of a closed one, as at its close."""
    case = standing(process, facts, now)
    given = tuple(_factor(row, case) for row in FACTORS)
    taken, why = _risks(case, sum(factor.points for factor in given))
    return Health((*given, HealthFactor("risks", "Risks without a mitigation", taken, 0, why)))


def _factor(row: "Factor", case: Case) -> HealthFactor:
    points, why = row.found(case)
    return HealthFactor(row.key, row.label, points, row.most, why)


def _activity(case: Case) -> tuple[int, str]:
    last, full = case.facts.activity.last_two_way_at, ACTIVITY[0][0]
    if last is None:
        return 0, "Nobody of the buyer's was spoken with yet, both ways: logActivity."
    ago = max(timedelta(0), case.now - last)
    points = _at_most(ago, ACTIVITY, DAY)
    if ago <= full * DAY:
        return points, f"The buyer was last spoken with on {last:%Y-%m-%d}; up to {full} days ago keeps all points."
    return points, f"Nobody of the buyer's was spoken with for {_more_than(ago)}; {full} keep all points: logActivity."


def _people(case: Case) -> tuple[int, str]:
    present, full = case.facts.present_stakeholders(), PEOPLE[0][0]
    known = sum(bool(person.roles) for person in present)
    points = next((points for least, points in PEOPLE if known >= least), 0)
    found = f"People of the buyer's with a role in the purchase: {known}; {full} keep all points"
    remedy = "updateStakeholder" if len(present) > known else "addStakeholder"
    return points, f"{found}." if known >= full else f"{found}: {remedy}."


def _milestones(case: Case) -> tuple[int, str]:
    facts, total = case.facts, len(case.facts.milestones)
    if facts.state in BEFORE_PROGRESSING:
        reached = qualification_score(case.process, facts, case.now)
        sentence = f"Until the deal is PROGRESSING its qualification counts: {reached} of 100"
        return half_up(Decimal(ON_TIME * reached) / 100), sentence + ("." if reached == 100 else ": assessCriteria.")
    late = [milestone for milestone in facts.milestones if overdue(milestone, facts, case.now)]
    if not late:
        return ON_TIME, "No milestone is overdue." if total else "No milestone is laid out, so none is overdue."
    named = ", ".join(milestone.name for milestone in late)
    points = half_up(Decimal(ON_TIME * (total - len(late))) / total)
    return points, f"{len(late)} of {total} milestones are overdue: {named}. Bring the buyer there: completeMilestone."


def _age(case: Case) -> tuple[int, str]:
    state, age = case.facts.state, state_age(case.facts, case.now)
    expected = case.process.settings(state).expected_days
    if expected is None:
        return AGE[0][1], f"The process expects no number of days in {state}."
    points = _at_most(age, AGE, expected * DAY / 100)
    if age <= expected * DAY:
        return points, f"{age // DAY} of the {expected} days that are expected in {state} have passed."
    return points, f"In {state} for {_more_than(age)}; {expected} are expected: {_WAYS_ON[state]}."


def _close_date(case: Case) -> tuple[int, str]:
    pushes = case.facts.push_count
    points = next((points for most, points in PUSHES if pushes <= most), 0)
    if pushes == 0:
        return points, "The expected close date was never pushed."
    times = "once" if pushes == 1 else f"{pushes} times"
    return (
        points,
        f"The expected close date was pushed {times}, and that stays: agree with the buyer on one that holds.",
    )


def _decision_maker(case: Case) -> tuple[int, str]:
    known = [coverage(case.facts.talks_with(person)) for person in holders(case.facts, DECIDERS)]
    if not known:
        return 0, "No economic buyer, decision maker or approver is known: addStakeholder."
    points = max(ENGAGED[talks] for talks in known)
    often = {0: "never", 5: "once"}.get(points, "at least twice")
    sentence = f"An economic buyer, decision maker or approver is known, and was spoken with {often}"
    return points, f"{sentence}." if points == 10 else f"{sentence}; twice keeps all points: logActivity."


def _risks(case: Case, left: int) -> tuple[int, str]:
    """What the risks take, at most what the other factors gave."""
    bare = unmitigated(case.facts)
    if not bare:
        return 0, "No open risk above MEDIUM is without a mitigation."
    named, whole = "; ".join(risk.statement for risk in bare), MALUS * len(bare)
    cut = " No score goes below 0." if whole > left else ""
    return -min(whole, left), f"Nothing is planned against: {named}. Each takes {MALUS} points: addMitigation.{cut}"


def _at_most(span: timedelta, ladder: tuple[tuple[int, int], ...], unit: timedelta) -> int:
    return next((points for most, points in ladder if span <= most * unit), 0)


def _more_than(span: timedelta) -> str:
    """More than so many whole days, which is true of a moment more, too."""
    days = -(-span // DAY) - 1
    return f"more than {days} {'day' if days == 1 else 'days'}"


_WAYS_ON = {
    OpportunityState.LEAD: "qualifyOpportunity, or disqualifyOpportunity",
    OpportunityState.QUALIFIED: "progressOpportunity, or disqualifyOpportunity",
    OpportunityState.PROGRESSING: "winOpportunity, or loseOpportunity",
}


@dataclass(frozen=True, slots=True)
class Factor:
    """A row of the table: what is looked at, how many points it may give, and how they are found, with the reason."""

    key: str
    label: str
    most: int
    found: Callable[[Case], tuple[int, str]]


FACTORS = (
    Factor("buyer_activity", "Last spoken with the buyer", 25, _activity),
    Factor("people", "People with a role", 20, _people),
    Factor("milestones", "Milestones on time", 20, _milestones),
    Factor("state_age", "Time in the state", 15, _age),
    Factor("close_date", "Close date kept", 10, _close_date),
    Factor("decision_maker", "Decision maker engaged", 10, _decision_maker),
)
