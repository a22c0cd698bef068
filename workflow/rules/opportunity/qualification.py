"""Qualification: assessments of the criteria, their score, and the test of an opportunity."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from workflow.rules.enums import CriterionKind, FitStatus, Grade
from workflow.rules.money import round_half_up
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.fit import hard_fit_results
from workflow.rules.opportunity.parts import AssessmentFacts
from workflow.rules.process.document import Criterion, ProcessDocument

GRADE_POINTS: Mapping[Grade, int] = {
    Grade.UNKNOWN: 0,
    Grade.DISPROVED: 0,
    Grade.IDENTIFIED: 1,
    Grade.VALIDATED: 2,
    Grade.CONFIRMED: 3,
}
EVIDENCED_GRADES = frozenset({Grade.VALIDATED, Grade.CONFIRMED})
ESSENTIAL_KINDS = (CriterionKind.PAIN, CriterionKind.INTEREST, CriterionKind.FIT)


def latest_assessment(facts: OpportunityFacts, criterion: str) -> AssessmentFacts | None:
    """Return the latest assessment of a criterion, None if it was never assessed."""
    return next((assessment for assessment in facts.assessments if assessment.criterion == criterion), None)


def is_stale(criterion: Criterion, assessment: AssessmentFacts, now: datetime) -> bool:
    """Return True if an assessment is older than the criterion's days, of 24 hours each."""
    days = criterion.stale_after_days
    return days is not None and now - assessment.assessed_at > timedelta(days=days)


def grade_reaches(grade: Grade, minimum: Grade) -> bool:
    """Compare in the order UNKNOWN, IDENTIFIED, VALIDATED, CONFIRMED; DISPROVED does not reach any grade."""
    return grade is not Grade.DISPROVED and GRADE_POINTS[grade] >= GRADE_POINTS[minimum]


def qualification_score(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> int:
    """Return the weighted points of all criteria, from 0 to 100."""
    reached = sum(criterion.weight * _points(criterion, facts, now) for criterion in process.criteria)
    maximum = sum(criterion.weight for criterion in process.criteria) * GRADE_POINTS[Grade.CONFIRMED]
    return round_half_up(Decimal(100 * reached) / maximum) if maximum else 0


def is_opportunity(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> bool:
    """Return True if pain, interest and fit are validated and fresh, and no HARD fit rule fails."""
    essential = [criterion for criterion in process.criteria if criterion.kind in ESSENTIAL_KINDS]
    validated = all(
        _points(criterion, facts, now) >= GRADE_POINTS[Grade.VALIDATED] for criterion in essential
    )
    return validated and all(
        result.status is not FitStatus.FAIL for result in hard_fit_results(process, facts.account)
    )


def _points(criterion: Criterion, facts: OpportunityFacts, now: datetime) -> int:
    assessment = latest_assessment(facts, criterion.key)
    return 0 if assessment is None or is_stale(criterion, assessment, now) else GRADE_POINTS[assessment.grade]
