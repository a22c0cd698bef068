"""Qualification: what is known of pain, interest, fit and the rest, and whether a lead is an opportunity."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from workflow.rules.enums import CriterionKind, FitStatus, Grade
from workflow.rules.money import half_up
from workflow.rules.opportunity.evidence import evidence_says_nothing
from workflow.rules.opportunity.facts import AssessmentFacts, OpportunityFacts
from workflow.rules.opportunity.fit import FitResult, fit_results, hard_fit
from workflow.rules.process.document import Criterion, ProcessDocument

__all__ = [
    "ESSENTIAL",
    "EVIDENCED",
    "POINTS",
    "FitResult",
    "evidence_says_nothing",
    "fit_results",
    "hard_fit",
    "is_opportunity",
    "latest",
    "reaches",
    "score",
    "stale",
]

POINTS: Mapping[Grade, int] = {
    Grade.UNKNOWN: 0,
    Grade.DISPROVED: 0,
    Grade.IDENTIFIED: 1,
    Grade.VALIDATED: 2,
    Grade.CONFIRMED: 3,
}
EVIDENCED = frozenset({Grade.VALIDATED, Grade.CONFIRMED})
ESSENTIAL = (CriterionKind.PAIN, CriterionKind.INTEREST, CriterionKind.FIT)


def latest(facts: OpportunityFacts, criterion: str) -> AssessmentFacts | None:
    """The assessment of the criterion that counts, None where nobody has assessed it."""
    return next((assessment for assessment in facts.assessments if assessment.criterion == criterion), None)


def stale(criterion: Criterion, assessment: AssessmentFacts, now: datetime) -> bool:
    """Older than the criterion's days, counted as 24 hours each; a criterion without days never goes stale."""
    days = criterion.stale_after_days
    return days is not None and now - assessment.assessed_at > timedelta(days=days)


def reaches(grade: Grade, least: Grade) -> bool:
    """UNKNOWN, IDENTIFIED, VALIDATED, CONFIRMED, in this order; DISPROVED reaches none."""
    return grade is not Grade.DISPROVED and POINTS[grade] >= POINTS[least]


def score(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> int:
    """0 to 100: points by weight over all criteria of the process."""
    reached = sum(criterion.weight * _points(criterion, facts, now) for criterion in process.criteria)
    most = sum(criterion.weight for criterion in process.criteria) * POINTS[Grade.CONFIRMED]
    return half_up(Decimal(100 * reached) / most) if most else 0


def is_opportunity(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> bool:
    """Pain, interest and fit are each validated and fresh, and no HARD fit rule fails."""
    essential = [criterion for criterion in process.criteria if criterion.kind in ESSENTIAL]
    validated = all(_points(criterion, facts, now) >= POINTS[Grade.VALIDATED] for criterion in essential)
    return validated and all(result.status is not FitStatus.FAIL for result in hard_fit(process, facts.account))


def _points(criterion: Criterion, facts: OpportunityFacts, now: datetime) -> int:
    assessment = latest(facts, criterion.key)
    return 0 if assessment is None or stale(criterion, assessment, now) else POINTS[assessment.grade]
