"""Each requirement kind: when it is met, when it is unmet, and its explanation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.rules.deal_facts import (
    ACCOUNT,
    DEFAULT,
    NOW,
    TODAY,
    assessment,
    deal,
    fit_rule,
    qualified_lead,
    stakeholder,
    two_way_activity,
    verdict_on,
)
from workflow.rules.enums import (
    BuyingRole,
    CompetitorStanding,
    Coverage,
    FitOperator,
    Grade,
    OpportunityField,
    RequirementKind,
    RequirementStatus,
    Strength,
    Trigger,
)
from workflow.rules.gates.requirements import EVALUATORS, evaluate_gate, unmet_verdicts
from workflow.rules.opportunity.buyer import coverage
from workflow.rules.opportunity.parts import ActivityFacts
from workflow.rules.process.document import CriterionTest, RequirementTest, RoleTest

STANDING = CompetitorStanding.ACTIVE
MET = RequirementStatus.MET
UNMET = RequirementStatus.UNMET
F = OpportunityField
ORDER = [Grade.UNKNOWN, Grade.IDENTIFIED, Grade.VALIDATED, Grade.CONFIRMED]
TICK = timedelta(microseconds=1)
YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)


@pytest.mark.parametrize("wanted", ORDER)
@pytest.mark.parametrize("found", Grade)
def test_a_criterion_is_met_from_its_grade_on(found: Grade, wanted: Grade) -> None:
    test = RequirementTest(criterion=CriterionTest("pain", wanted))

    verdict = verdict_on(test, deal(assessments=(assessment("pain", found),)))

    holds = found is not Grade.DISPROVED and ORDER.index(found) >= ORDER.index(wanted)
    assert verdict.status is (MET if holds else UNMET)
    assert verdict.remedy == (None if holds else "assessCriteria")


@pytest.mark.parametrize(("over", "status"), [(timedelta(0), MET), (timedelta(microseconds=1), UNMET)])
def test_an_assessment_is_stale_when_it_is_older_than_its_days(
    over: timedelta, status: RequirementStatus
) -> None:
    facts = deal(assessments=(assessment("pain", Grade.CONFIRMED, age=timedelta(days=90) + over),))

    assert verdict_on(RequirementTest(criterion=CriterionTest("pain")), facts).status is status


def test_a_criterion_without_days_never_goes_stale() -> None:
    facts = deal(assessments=(assessment("fit", age=timedelta(days=3000)),))

    assert verdict_on(RequirementTest(criterion=CriterionTest("fit")), facts).status is MET


def test_an_unassessed_criterion_says_so() -> None:
    verdict = verdict_on(RequirementTest(criterion=CriterionTest("pain")), deal())

    assert verdict.status is UNMET
    assert verdict.explanation == (
        "“The buyer has a problem that hurts” has not been assessed yet; it must be validated (the "
        "buyer said so)."
    )


def test_today_is_in_the_organizations_time_zone() -> None:
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    closing = replace(qualified_lead(), expected_close_date=TODAY)
    far_west = replace(closing, time_zone="America/Los_Angeles")

    berlin = [v.key for v in unmet_verdicts(evaluate_gate(PROGRESS_DATE, Trigger.PROGRESS, closing, late))]
    california = [
        v.key for v in unmet_verdicts(evaluate_gate(PROGRESS_DATE, Trigger.PROGRESS, far_west, late))
    ]

    assert (berlin, california) == (["field.expected_close_date"], [])


PROGRESS_DATE = replace(
    DEFAULT,
    gates=tuple(
        replace(g, requirements=tuple(r for r in g.requirements if r.test.field is F.EXPECTED_CLOSE_DATE))
        for g in DEFAULT.gates
    ),
)


@pytest.mark.parametrize(
    ("conversations", "expected"),
    [(0, "NONE"), (1, "BRIEF"), (2, "MULTIPLE"), (4, "MULTIPLE"), (5, "IN_DEPTH"), (50, "IN_DEPTH")],
)
def test_coverage_counts_two_way_activities(conversations: int, expected: str) -> None:
    assert coverage(conversations) is Coverage(expected)


CHAMPION = BuyingRole.CHAMPION
BUYER = BuyingRole.ECONOMIC_BUYER


@pytest.mark.parametrize(
    ("test", "people", "status", "remedy"),
    [
        (RoleTest(()), [], UNMET, "addStakeholder"),
        (RoleTest(()), [stakeholder()], MET, None),
        (RoleTest(()), [stakeholder(left=True)], UNMET, "addStakeholder"),
        (RoleTest((CHAMPION,)), [stakeholder(BUYER)], UNMET, "updateStakeholder"),
        (RoleTest((CHAMPION, BUYER)), [stakeholder(BUYER)], MET, None),
        (RoleTest((CHAMPION,)), [stakeholder(CHAMPION, left=True)], UNMET, "addStakeholder"),
        (RoleTest((CHAMPION,), 2), [stakeholder(CHAMPION)], UNMET, "updateStakeholder"),
        (RoleTest((CHAMPION,), 2), [stakeholder(CHAMPION), stakeholder(CHAMPION, BUYER)], MET, None),
    ],
)
def test_a_role_is_met_by_enough_people(
    test: RoleTest, people: list[object], status: RequirementStatus, remedy: str | None
) -> None:
    verdict = verdict_on(RequirementTest(role=test), deal(stakeholders=tuple(people)))

    assert (verdict.status, verdict.remedy) == (status, remedy)


@pytest.mark.parametrize(("conversations", "status"), [(0, UNMET), (1, UNMET), (2, MET), (5, MET)])
def test_a_role_may_require_a_coverage(conversations: int, status: RequirementStatus) -> None:
    test = RequirementTest(role=RoleTest((CHAMPION,), 1, Coverage.MULTIPLE))

    verdict = verdict_on(
        test, deal(stakeholders=(stakeholder(CHAMPION),), activity=two_way_activity(conversations))
    )

    assert (verdict.status, verdict.remedy) == (status, "logActivity" if status is UNMET else None)


LAST = "The last two-way contact with the buyer was"


@pytest.mark.parametrize(
    ("ago", "status", "contact"),
    [
        (timedelta(), MET, f"{LAST} less than a day ago"),
        (timedelta(days=1) - TICK, MET, f"{LAST} less than a day ago"),
        (timedelta(days=1), MET, f"{LAST} 1 day ago"),
        (timedelta(days=7) - TICK, MET, f"{LAST} 6 days ago"),
        (timedelta(days=7), MET, f"{LAST} 7 days ago"),
        (timedelta(days=7) + TICK, UNMET, "No two-way contact with the buyer for 7 days"),
        (timedelta(days=8), UNMET, "No two-way contact with the buyer for 8 days"),
    ],
)
def test_activity_is_counted_in_elapsed_days(ago: timedelta, status: RequirementStatus, contact: str) -> None:
    verdict = verdict_on(RequirementTest(activity_within_days=7), deal(activity=two_way_activity(1, ago=ago)))

    assert verdict.status is status
    assert verdict.explanation == f"{contact}; contact within 7 days is required."
    assert verdict.remedy == (None if status is MET else "logActivity")


def test_one_way_activities_do_not_count() -> None:
    verdict = verdict_on(
        RequirementTest(activity_within_days=7), deal(activity=ActivityFacts(recent_count=9))
    )

    assert (verdict.status, verdict.remedy) == (UNMET, "logActivity")
    assert verdict.explanation == "No two-way contact with the buyer yet; contact within 7 days is required."


@pytest.mark.parametrize(
    ("strength", "value", "status"),
    [(Strength.HARD, 500, MET), (Strength.HARD, 501, UNMET), (Strength.SOFT, 501, MET)],
)
def test_fit_asks_for_every_hard_rule(strength: Strength, value: int, status: RequirementStatus) -> None:
    process = replace(DEFAULT, fit_rules=(fit_rule("employeeCount", FitOperator.GTE, value, strength),))

    assert verdict_on(RequirementTest(fit=True), deal(), process).status is status


def test_fit_is_unmet_on_missing_data_and_names_the_field() -> None:
    process = replace(DEFAULT, fit_rules=(fit_rule("employeeCount", FitOperator.GTE, 1),))
    facts = deal(account=replace(ACCOUNT, employee_count=None))

    verdict = verdict_on(RequirementTest(fit=True), facts, process)

    assert (verdict.status, verdict.remedy) == (UNMET, "updateAccount")
    assert verdict.explanation == "“Big enough”: the account's employee count is not known."


def test_a_good_lead_passes_the_whole_gate() -> None:
    assert unmet_verdicts(evaluate_gate(DEFAULT, Trigger.QUALIFY, qualified_lead(), NOW)) == ()


def test_every_requirement_kind_has_an_evaluator() -> None:
    assert set(EVALUATORS) == set(RequirementKind)
