"""The buyer's perceived risks: their levels, and whether they were reviewed."""

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
    """Reason why there is no valid risk review, and the mutation that helps."""

    sentence: str
    remedy: str = "reviewRisks"


def score_level(likelihood: int, impact: int) -> RiskLevel:
    """Return the level of likelihood × impact: MEDIUM from 5, HIGH from 10, CRITICAL from 15."""
    return next((level for lowest, level in _LEVELS if likelihood * impact >= lowest), RiskLevel.LOW)


def risk_level(risk: RiskFacts) -> RiskLevel:
    """Return the level of a risk."""
    return score_level(risk.likelihood, risk.impact)


def is_lower(level: RiskLevel, other: RiskLevel) -> bool:
    """Return True if one level is below the other."""
    return _LEVEL_ORDER[level] < _LEVEL_ORDER[other]


def open_risks(facts: OpportunityFacts) -> tuple[RiskFacts, ...]:
    """Return the risks that are suspected, confirmed or being mitigated."""
    return tuple(risk for risk in facts.risks if risk.is_open)


def open_risks_above(facts: OpportunityFacts, limit: RiskLevel) -> tuple[RiskFacts, ...]:
    """Return the open risks above a level."""
    return tuple(risk for risk in open_risks(facts) if is_lower(limit, risk_level(risk)))


def highest_risk_level(facts: OpportunityFacts) -> RiskLevel | None:
    """Return the highest level among the open risks, None if no risk is open."""
    return max((risk_level(risk) for risk in open_risks(facts)), key=_LEVEL_ORDER.__getitem__, default=None)


def unmitigated_risks(facts: OpportunityFacts) -> tuple[RiskFacts, ...]:
    """Return the open risks above MEDIUM that have no mitigation."""
    return tuple(risk for risk in open_risks_above(facts, RiskLevel.MEDIUM) if not risk.mitigations)


def missing_review(facts: OpportunityFacts) -> MissingReview | None:
    """Return why there is no valid risk review; None if there is one.

    A review is valid if it is later than the last REOPEN and than every risk. A review without any risk is
    valid only if it confirms that there is none, and never for a buyer who buys this for the first time or
    failed at it before: they fear something.
    """
    review = facts.risk_review
    reopened = facts.last_transition_at(Trigger.REOPEN)
    if review is None:
        return MissingReview("The buyer's perceived risks have not been reviewed yet.")
    if reopened is not None and review.at <= reopened:
        return MissingReview("The risks were last reviewed before the deal was reopened. Review them again.")
    if any(risk.raised_at > review.at for risk in facts.risks):
        return MissingReview("A risk was raised after the last review. Review the risks again.")
    if facts.risks:
        return None
    if facts.first_time_buyer or facts.prior_attempt_failed:
        why = "is buying this for the first time" if facts.first_time_buyer else "has failed at this before"
        advice = "so something worries them. Ask what, raise it as a risk, and review the risks again."
        return MissingReview(f"The buyer {why}, {advice}", "raiseRisk")
    if review.none_found:
        return None
    return MissingReview(
        "The last review names no risk, and does not confirm that there is none. Review again."
    )
