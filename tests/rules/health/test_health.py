"""Health: the points of each factor around its thresholds, and its explanation."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.rules.deal_facts import (
    DEFAULT,
    NOW,
    TODAY,
    assessment,
    deal,
    risk,
    stakeholder,
    two_way_activity,
)
from workflow.rules.enums import (
    BuyingRole,
    Grade,
    HealthBand,
    MilestoneSide,
    MilestoneStatus,
    OpportunityState,
    RiskStatus,
    Trigger,
)
from workflow.rules.health.health import Health, HealthFactor, evaluate_health
from workflow.rules.opportunity.parts import ActivityFacts, MilestoneFacts, TransitionFacts
from workflow.rules.process.document import ProcessDocument

S = OpportunityState
R = BuyingRole
M = MilestoneStatus
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
HEALTHY: dict[str, Any] = {
    "state": S.PROGRESSING,
    "activity": two_way_activity(2),
    "stakeholders": (stakeholder(R.DECISION_MAKER), stakeholder(R.CHAMPION), stakeholder(R.EVALUATOR)),
}
"""Facts of a progressing deal that has every point."""


def factors(process: ProcessDocument = DEFAULT, /, **changes: object) -> dict[str, HealthFactor]:
    """Return the factors of a healthy deal with changes."""
    found = evaluate_health(process, deal(**{**HEALTHY, **changes}), NOW).factors
    return {factor.key: factor for factor in found}


def points(key: str, **changes: object) -> int:
    """Return the points of a factor."""
    return factors(**changes)[key].points


def step(status: MilestoneStatus = M.PLANNED, *, late: bool = False) -> MilestoneFacts:
    """Return a milestone that was due yesterday, or is due today."""
    about = (UUID(int=1), UUID(int=7), None, "They saw it work", MilestoneSide.BUYER, 10, status)
    return MilestoneFacts(*about, TODAY - DAY if late else TODAY)


def test_a_healthy_deal_has_every_point() -> None:
    found = evaluate_health(DEFAULT, deal(**HEALTHY), NOW)

    assert {factor.key: (factor.points, factor.max_points) for factor in found.factors} == {
        "buyer_activity": (25, 25),
        "people": (20, 20),
        "milestones": (20, 20),
        "state_age": (15, 15),
        "close_date": (10, 10),
        "decision_maker": (10, 10),
        "risks": (0, 0),
    }
    assert (found.score, found.band) == (100, HealthBand.GREEN)


@pytest.mark.parametrize(
    ("ago", "given"),
    [
        (-DAY, 25),
        (0 * DAY, 25),
        (7 * DAY, 25),
        (7 * DAY + TICK, 15),
        (14 * DAY, 15),
        (14 * DAY + TICK, 5),
        (30 * DAY, 5),
        (30 * DAY + TICK, 0),
        (400 * DAY, 0),
    ],
)
def test_recent_buyer_activity_scores_up_to_25(ago: timedelta, given: int) -> None:
    assert points("buyer_activity", activity=two_way_activity(2, ago=ago)) == given


def test_no_buyer_activity_scores_nothing() -> None:
    assert points("buyer_activity", activity=ActivityFacts(None, 9)) == 0


@pytest.mark.parametrize(("people", "given"), [(0, 0), (1, 5), (2, 12), (3, 20), (4, 20)])
def test_role_coverage_scores_up_to_20(people: int, given: int) -> None:
    others = (stakeholder(R.CHAMPION, left=True), stakeholder())

    assert points("people", stakeholders=(*others, *[stakeholder(R.OTHER)] * people)) == given


@pytest.mark.parametrize(
    ("late", "total", "given"),
    [(0, 0, 20), (0, 5, 20), (1, 3, 13), (2, 3, 7), (1, 8, 18), (7, 8, 3), (1, 1, 0)],
)
def test_milestones_score_20_by_the_share_not_overdue_half_up(late: int, total: int, given: int) -> None:
    transitions = (*[step(late=True)] * late, *[step()] * (total - late))

    assert points("milestones", milestones=transitions) == given


@pytest.mark.parametrize(("status", "given"), [(M.PLANNED, 0), (M.MISSED, 0), (M.DONE, 20), (M.WAIVED, 20)])
def test_a_completed_milestone_is_not_overdue(status: MilestoneStatus, given: int) -> None:
    assert points("milestones", milestones=(step(status, late=True),)) == given


@pytest.mark.parametrize("state", [S.LEAD, S.QUALIFIED])
@pytest.mark.parametrize(
    ("grades", "given"),
    [({}, 0), ({"pain": Grade.VALIDATED}, 4), ({"pain": Grade.CONFIRMED, "interest": Grade.VALIDATED}, 9)],
)
def test_qualification_scores_before_progressing(
    state: OpportunityState, grades: dict[str, Grade], given: int
) -> None:
    answers = tuple(assessment(key, grade) for key, grade in grades.items())

    assert points("milestones", state=state, assessments=answers, milestones=(step(late=True),)) == given


@pytest.mark.parametrize("lasted", [10 * DAY, 14 * DAY])
@pytest.mark.parametrize(
    ("reached", "given"), [(2, 0), (3, 1), (7, 1), (8, 2), (97, 19), (98, 20), (100, 20)]
)
def test_qualification_scores_a_fifth_half_up(reached: int, given: int, lasted: timedelta) -> None:
    """The score is the weight of the only criterion that is assessed, of two."""
    first = replace(DEFAULT.criteria[0], weight=reached)
    process = replace(DEFAULT, criteria=(first, replace(DEFAULT.criteria[1], weight=100 - reached)))
    answers = (assessment("pain", Grade.CONFIRMED, age=lasted),)

    assert factors(process, state=S.LEAD, assessments=answers)["milestones"].points == given


@pytest.mark.parametrize(
    ("lasted", "given"),
    [
        (0 * DAY, 15),
        (14 * DAY, 15),
        (14 * DAY + TICK, 8),
        (17.5 * DAY, 8),
        (17.5 * DAY + TICK, 3),
        (21 * DAY, 3),
        (21 * DAY + TICK, 0),
    ],
)
def test_a_state_within_its_expected_days_scores_15(lasted: timedelta, given: int) -> None:
    assert points("state_age", state=S.QUALIFIED, state_since=NOW - lasted) == given


def test_a_state_without_expected_days_scores_15() -> None:
    process = replace(DEFAULT, states=tuple(replace(one, expected_days=None) for one in DEFAULT.states))

    assert factors(process, state_since=NOW - 999 * DAY)["state_age"].points == 15


def test_a_second_visit_adds_to_the_first() -> None:
    qualified = TransitionFacts(Trigger.QUALIFY, S.LEAD, S.QUALIFIED, NOW, 3 * 86_400)
    regressed = TransitionFacts(Trigger.REGRESS, S.QUALIFIED, S.LEAD, NOW, 10 * 86_400)
    again: dict[str, Any] = {"state": S.QUALIFIED, "transitions": (qualified, regressed, qualified)}

    assert points("state_age", **again, state_since=NOW - 4 * DAY) == 15
    assert points("state_age", **again, state_since=NOW - 4 * DAY - TICK) == 8


@pytest.mark.parametrize(("pushes", "given"), [(0, 10), (1, 6), (2, 3), (3, 0), (9, 0)])
def test_an_unpushed_close_date_scores_10(pushes: int, given: int) -> None:
    assert points("close_date", push_count=pushes) == given


@pytest.mark.parametrize("role", [R.ECONOMIC_BUYER, R.DECISION_MAKER, R.APPROVER])
@pytest.mark.parametrize(("conversations", "given"), [(0, 0), (1, 5), (2, 10), (4, 10), (5, 10)])
def test_a_covered_decision_maker_scores_10(role: BuyingRole, conversations: int, given: int) -> None:
    assert (
        points("decision_maker", stakeholders=(stakeholder(role),), activity=two_way_activity(conversations))
        == given
    )


def test_the_best_covered_decision_maker_counts() -> None:
    stranger = replace(stakeholder(R.APPROVER), contact_id=UUID(int=99))

    assert points("decision_maker", stakeholders=(stranger, stakeholder(R.DECISION_MAKER), stranger)) == 10


@pytest.mark.parametrize(
    "people", [(), (stakeholder(R.CHAMPION),), (stakeholder(R.DECISION_MAKER, left=True),)]
)
def test_other_roles_and_people_who_left_score_nothing(people: tuple[Any, ...]) -> None:
    assert points("decision_maker", stakeholders=people, activity=two_way_activity(5)) == 0


@pytest.mark.parametrize(
    ("risks", "taken"),
    [
        ((), 0),
        ((risk(3, 3),), 0),
        ((risk(2, 5),), -10),
        ((risk(5, 5),), -10),
        ((risk(2, 5), risk(5, 5, RiskStatus.CONFIRMED), risk(1, 1)), -20),
        ((risk(5, 5, mitigated=True), risk(5, 5, RiskStatus.MITIGATING, mitigated=True)), 0),
        (
            (
                risk(5, 5, RiskStatus.ACCEPTED),
                risk(5, 5, RiskStatus.CLOSED),
                risk(5, 5, RiskStatus.MITIGATED),
            ),
            0,
        ),
    ],
)
def test_each_open_unmitigated_risk_above_medium_costs_10(risks: tuple[Any, ...], taken: int) -> None:
    assert points("risks", risks=risks) == taken


@pytest.mark.parametrize(
    ("pushes", "risks", "taken", "score"), [(0, 2, -20, 5), (0, 3, -25, 0), (2, 2, -18, 0)]
)
def test_risks_never_make_the_score_negative(pushes: int, risks: int, taken: int, score: int) -> None:
    """A bare lead has 25 points, 15 for its age and 10 for its close date."""
    found = evaluate_health(DEFAULT, deal(risks=(risk(5, 5),) * risks, push_count=pushes), NOW)

    assert (found.factors[-1].points, found.score, found.band) == (taken, score, HealthBand.RED)


@pytest.mark.parametrize(
    ("score", "band"),
    [(0, "RED"), (59, "RED"), (60, "AMBER"), (79, "AMBER"), (80, "GREEN"), (100, "GREEN")],
)
def test_a_score_has_its_band(score: int, band: str) -> None:
    found = Health((HealthFactor("all", "All", score, 100, "As given."),))

    assert (found.score, found.band) == (score, band)


LOST_POINTS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("buyer_activity", {"activity": two_way_activity(2, ago=40 * DAY + TICK)}, "call them"),
    ("buyer_activity", {"activity": ActivityFacts()}, "call or meet them"),
    ("people", {"stakeholders": ()}, "get to know more people"),
    ("people", {"stakeholders": (stakeholder(),)}, "find out the roles"),
    ("milestones", {"milestones": (step(late=True),)}, "Help the buyer complete it"),
    ("milestones", {"state": S.LEAD}, "Find out what the criteria still ask"),
    ("state_age", {"state": S.LEAD, "state_since": NOW - 15 * DAY}, "Qualify or disqualify it"),
    ("state_age", {"state": S.QUALIFIED, "state_since": NOW - 15 * DAY}, "Progress or disqualify it"),
    ("state_age", {"state_since": NOW - 91 * DAY}, "Help the buyer decide"),
    ("close_date", {"push_count": 1}, "agree on a date"),
    ("decision_maker", {"stakeholders": ()}, "Find out who decides"),
    ("decision_maker", {"activity": two_way_activity(0)}, "meet them"),
    ("decision_maker", {"activity": two_way_activity(1)}, "meet them again"),
    ("risks", {"risks": (risk(5, 5),)}, "Agree with the buyer on one"),
)


@pytest.mark.parametrize(("key", "changes", "advice"), LOST_POINTS)
def test_lost_points_come_with_advice(key: str, changes: dict[str, Any], advice: str) -> None:
    assert advice in factors(**changes)[key].explanation
    assert advice not in factors()[key].explanation


def test_a_reason_is_a_plain_sentence() -> None:
    found = factors(
        activity=two_way_activity(2, ago=40 * DAY + TICK), push_count=2, milestones=(step(late=True), step())
    )

    assert found["buyer_activity"].explanation == (
        "No two-way contact with the buyer for 40 days. Contact within 7 days gives full points: "
        "call them, or find out why they are silent."
    )
    assert found["milestones"].explanation == (
        "1 of 2 milestones is overdue: “They saw it work”. Help the buyer complete it."
    )
    assert found["close_date"].explanation.startswith("The expected close date has been pushed twice")
