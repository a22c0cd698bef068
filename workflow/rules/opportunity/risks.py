"""The buyer's perceived risk: how high each is, whether they were gone through, and what may be done about one."""

from dataclasses import dataclass

from workflow.rules.enums import RiskLevel, RiskStatus, Trigger
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import RiskFacts

SEVERE = frozenset({RiskLevel.HIGH, RiskLevel.CRITICAL})
SETTLED = frozenset({RiskStatus.ACCEPTED, RiskStatus.CLOSED})
_LADDER = ((15, RiskLevel.CRITICAL), (10, RiskLevel.HIGH), (5, RiskLevel.MEDIUM))
_HEIGHT = {level: height for height, level in enumerate(RiskLevel)}


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing, as a salesperson hears it, and the mutation that mends it."""

    sentence: str
    remedy: str = "reviewRisks"


def level(likelihood: int, impact: int) -> RiskLevel:
    """likelihood × impact: LOW to 4, MEDIUM 5 to 9, HIGH 10 to 14, CRITICAL from 15."""
    return next((name for least, name in _LADDER if likelihood * impact >= least), RiskLevel.LOW)


def level_of(risk: RiskFacts) -> RiskLevel:
    """How high the risk is."""
    return level(risk.likelihood, risk.impact)


def lower(one: RiskLevel, other: RiskLevel) -> bool:
    """Whether the one level is below the other."""
    return _HEIGHT[one] < _HEIGHT[other]


def open_risks(facts: OpportunityFacts) -> tuple[RiskFacts, ...]:
    """The risks that still stand: suspected, confirmed or being mitigated."""
    return tuple(risk for risk in facts.risks if risk.is_open)


def open_above(facts: OpportunityFacts, most: RiskLevel) -> tuple[RiskFacts, ...]:
    """The open risks that are higher than the level."""
    return tuple(risk for risk in open_risks(facts) if lower(most, level_of(risk)))


def highest(facts: OpportunityFacts) -> RiskLevel | None:
    """The highest level among the open risks, None where none is open."""
    return max((level_of(risk) for risk in open_risks(facts)), key=_HEIGHT.__getitem__, default=None)


def unmitigated(facts: OpportunityFacts) -> tuple[RiskFacts, ...]:
    """The open risks above MEDIUM about which nothing is planned."""
    return tuple(risk for risk in open_above(facts, RiskLevel.MEDIUM) if not risk.mitigations)


def not_reviewed(facts: OpportunityFacts) -> Lack | None:
    """What the risk review lacks, None where it holds.

    It holds when the risks were gone through since the last REOPEN and none was raised since; a buyer who buys this for
    the first time, or failed at it before, fears something: there, `noneFound` alone is not enough.
    """
    review, reopened = facts.risk_review, facts.last_taken(Trigger.REOPEN)
    if review is None:
        return Lack("Nobody has gone through the buyer's perceived risks yet.")
    if reopened is not None and review.at <= reopened:
        return Lack("The risks were last reviewed before the opportunity was reopened; go through them again.")
    if any(risk.raised_at > review.at for risk in facts.risks):
        return Lack("A risk was raised after the last review; go through them again.")
    if facts.risks:
        return None
    if facts.first_time_buyer or facts.prior_attempt_failed:
        why = "buys this for the first time" if facts.first_time_buyer else "has failed at this before"
        return Lack(f"The buyer {why}, so something worries them: ask what, raise it, and review again.", "raiseRisk")
    return None if review.none_found else Lack("The last review found no risk and did not say so with `noneFound`.")
