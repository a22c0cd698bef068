"""Qualification: the score, and the three essential criteria."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.rules.deal_facts import DEFAULT, NOW, assessment, deal, fit_rule
from workflow.rules.enums import CriterionKind, FitOperator, FitStatus, Grade, Strength
from workflow.rules.opportunity.qualification import is_opportunity, qualification_score
from workflow.rules.process.document import Criterion

KEYS = [criterion.key for criterion in DEFAULT.criteria]
ESSENTIAL = tuple(assessment(key) for key in ("pain", "interest", "fit"))
O = FitOperator  # noqa: E741
PASS = FitStatus.PASS
FAIL = FitStatus.FAIL
UNKNOWN = FitStatus.UNKNOWN


@pytest.mark.parametrize(
    ("grade", "expected"),
    [
        (Grade.UNKNOWN, 0),
        (Grade.DISPROVED, 0),
        (Grade.IDENTIFIED, 33),
        (Grade.VALIDATED, 67),
        (Grade.CONFIRMED, 100),
    ],
)
def test_all_criteria_of_one_grade_score_its_points(grade: Grade, expected: int) -> None:
    facts = deal(assessments=tuple(assessment(key, grade) for key in KEYS))

    assert qualification_score(DEFAULT, facts, NOW) == expected


def test_the_score_rounds_half_up_once() -> None:
    weights = [
        Criterion("a", CriterionKind.CUSTOM, "A", weight=1),
        Criterion("b", CriterionKind.CUSTOM, "B", weight=7),
    ]
    process = replace(DEFAULT, criteria=tuple(weights))

    assert (
        qualification_score(process, deal(assessments=(assessment("a", Grade.CONFIRMED),)), NOW) == 13
    )  # 12.5


def test_a_stale_assessment_scores_nothing() -> None:
    assert (
        qualification_score(DEFAULT, deal(assessments=(assessment("pain", age=timedelta(days=91)),)), NOW)
        == 0
    )
    assert qualification_score(DEFAULT, deal(assessments=(assessment("pain"),)), NOW) == 21  # 80 of 390


def test_pain_interest_and_fit_make_an_opportunity() -> None:
    assert is_opportunity(DEFAULT, deal(assessments=ESSENTIAL), NOW)


@pytest.mark.parametrize("left_out", range(3))
def test_without_one_of_the_three_it_is_not_an_opportunity(left_out: int) -> None:
    missing = tuple(a for index, a in enumerate(ESSENTIAL) if index != left_out)
    thought = tuple(
        replace(a, grade=Grade.IDENTIFIED) if i == left_out else a for i, a in enumerate(ESSENTIAL)
    )

    assert not is_opportunity(DEFAULT, deal(assessments=missing), NOW)
    assert not is_opportunity(DEFAULT, deal(assessments=thought), NOW)


@pytest.mark.parametrize(
    ("value", "strength", "expected"),
    [(1, Strength.HARD, True), (9999, Strength.HARD, False), (9999, Strength.SOFT, True)],
)
def test_a_failing_hard_fit_rule_makes_it_not_an_opportunity(
    value: int, strength: Strength, expected: bool
) -> None:
    process = replace(DEFAULT, fit_rules=(fit_rule("employeeCount", O.GTE, value, strength),))

    assert is_opportunity(process, deal(assessments=ESSENTIAL), NOW) is expected


def test_unknown_fit_leaves_it_an_opportunity() -> None:
    process = replace(DEFAULT, fit_rules=(fit_rule("domain", O.EQ, "acme.example"),))

    assert is_opportunity(process, deal(assessments=ESSENTIAL), NOW)
