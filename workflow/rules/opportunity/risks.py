"""The buyer's perceived risk: how high each is, whether they were gone through, and what may be done about one."""

from dataclasses import dataclass

from workflow.rules.enums import RiskLevel, RiskStatus, Trigger
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import RiskFacts

SEVERE_LEVELS = frozenset({RiskLevel.HIGH, RiskLevel.CRITICAL})
SETTLED_STATUSES = frozenset({RiskStatus.ACCEPTED, RiskStatus.CLOSED})
_LEVELS = ((15, RiskLevel.CRITICAL), (10, RiskLevel.HIGH), (5, RiskLevel.MEDIUM))
_LEVEL_ORDER = {level: height for height, level in enumerate(RiskLevel)}


@dataclass(frozen=True, slots=True)
class MissingReview:
    """What is missing, as a salesperson hears it, and the mutation that mends it."""

    sentence: str
    remedy: str = "reviewRisks"


def score_level(likelihood: int, impact: int) -> RiskLevel:
    """likelihood × impact: LOW to 4, MEDIUM 5 to 9, HIGH 10 to 14, CRITICAL from 15."""
    return next((name for least, name in _LEVELS if likelihood * impact >= least), RiskLevel.LOW)


def risk_level(risk: RiskFacts) -> RiskLevel:
    """How high the risk is."""
    return score_level(risk.likelihood, risk.impact)


def is_lower(level: RiskLevel, other: RiskLevel) -> bool:
    """Whether the one level is below the other."""
    return _LEVEL_ORDER[level] < _LEVEL_ORDER[other]


def open_risks(facts: OpportunityFacts) -> tuple[RiskFacts, ...]:
    """The risks that still stand: suspected, confirmed or being mitigated."""
    return tuple(risk for risk in facts.risks if risk.is_open)


def open_risks_above(facts: OpportunityFacts, limit: RiskLevel) -> tuple[RiskFacts, ...]:
    """The open risks that are higher than the level."""
    return tuple(risk for risk in open_risks(facts) if is_lower(limit, risk_level(risk)))


def highest_risk_level(facts: OpportunityFacts) -> RiskLevel | None:
    """The highest level among the open risks, None where none is open."""
    return max((risk_level(risk) for risk in open_risks(facts)), key=_LEVEL_ORDER.__getitem__, default=None)


def unmitigated_risks(facts: OpportunityFacts) -> tuple[RiskFacts, ...]:
    """The open risks above MEDIUM about which nothing is planned."""
    return tuple(risk for risk in open_risks_above(facts, RiskLevel.MEDIUM) if not risk.mitigations)


def missing_review(facts: OpportunityFacts) -> MissingReview | None:
    """What the risk review lacks, None where it holds.

    It holds when the risks were gone through since the last REOPEN and none was raised since; a buyer who buys this for
    the first time, or failed at it before, fears something: there, `noneFound` alone is not enough.
    """
    review, reopened = facts.risk_review, facts.last_transition_at(Trigger.REOPEN)
    if review is None:
        return MissingReview("Nobody has gone through the buyer's perceived risks yet.")
    if reopened is not None and review.at <= reopened:
        return MissingReview("The risks were last reviewed before the opportunity was reopened; go through them again.")
    if any(risk.raised_at > review.at for risk in facts.risks):
        return MissingReview("A risk was raised after the last review; go through them again.")
    if facts.risks:
        return None
    if facts.first_time_buyer or facts.prior_attempt_failed:
        why = "buys this for the first time" if facts.first_time_buyer else "has failed at this before"
        return MissingReview(
            f"The buyer {why}, so something worries them: ask what, raise it, and review again.", "raiseRisk"
        )
    return (
        None
        if review.none_found
        else MissingReview("The last review found no risk and did not say so with `noneFound`.")
    )
