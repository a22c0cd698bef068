"""The buyer's perceived risks: their levels, their reviews, and the requirements of gates about them."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from tests.support.rules.deal_facts import ADA, NOW, deal, risk, verdict_on
from workflow.rules.enums import OpportunityState, RequirementStatus, RiskLevel, RiskStatus, Trigger
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import RiskReviewFacts, TransitionFacts
from workflow.rules.opportunity.risks import (
    MissingReview,
    highest_risk_level,
    is_lower,
    missing_review,
    open_risks,
    open_risks_above,
    score_level,
)
from workflow.rules.process.document import RequirementTest

LOW, MEDIUM, HIGH, CRITICAL = RiskLevel
LEVELS = dict.fromkeys((1, 2, 3, 4), LOW)
LEVELS |= dict.fromkeys((5, 6, 8, 9), MEDIUM)
LEVELS |= dict.fromkeys((10, 12), HIGH)
LEVELS |= dict.fromkeys((15, 16, 20, 25), CRITICAL)
SCORES = {LOW: (2, 2), MEDIUM: (3, 3), HIGH: (3, 4), CRITICAL: (3, 5)}
OPEN = {RiskStatus.SUSPECTED, RiskStatus.CONFIRMED, RiskStatus.MITIGATING}
MET = RequirementStatus.MET
UNMET = RequirementStatus.UNMET
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
REVIEWED = NOW - DAY


def deal_after_review(
    *, none_found: bool = False, **changes: Any
) -> OpportunityFacts:  # Any: facts of several kinds
    """Return a deal whose risks were reviewed a day ago."""
    return deal(risk_review=RiskReviewFacts(REVIEWED, ADA, none_found), **changes)


def transition_taken(trigger: Trigger, at: datetime) -> TransitionFacts:
    """Return a transition at an instant."""
    return TransitionFacts(trigger, OpportunityState.LOST, OpportunityState.LEAD, at, 0)


@pytest.mark.parametrize(("likelihood", "impact"), list(product(range(1, 6), repeat=2)))
def test_the_score_of_a_risk_is_likelihood_times_impact(likelihood: int, impact: int) -> None:
    assert score_level(likelihood, impact) is LEVELS[likelihood * impact]


@pytest.mark.parametrize(
    ("points", "expected"), [(4, LOW), (5, MEDIUM), (9, MEDIUM), (10, HIGH), (14, HIGH), (15, CRITICAL)]
)
def test_the_levels_begin_at_five_ten_and_fifteen(points: int, expected: RiskLevel) -> None:
    assert score_level(points, 1) is expected


@pytest.mark.parametrize(("one", "other"), list(product(RiskLevel, repeat=2)))
def test_levels_are_ordered(one: RiskLevel, other: RiskLevel) -> None:
    order = [LOW, MEDIUM, HIGH, CRITICAL]

    assert is_lower(one, other) == (order.index(one) < order.index(other))


@pytest.mark.parametrize("status", RiskStatus)
def test_a_risk_is_open_until_it_is_mitigated_accepted_or_closed(status: RiskStatus) -> None:
    facts = deal(risks=(risk(5, 5, status),))

    expected = facts.risks if status in OPEN else ()
    assert (open_risks(facts), open_risks_above(facts, LOW)) == (expected, expected)
    assert highest_risk_level(facts) is (CRITICAL if status in OPEN else None)


@pytest.mark.parametrize(("found", "limit"), list(product(RiskLevel, repeat=2)))
def test_only_higher_risks_are_above_a_level(found: RiskLevel, limit: RiskLevel) -> None:
    facts = deal(risks=(risk(*SCORES[found]),))

    assert open_risks_above(facts, limit) == (facts.risks if is_lower(limit, found) else ())


def test_the_highest_of_the_open_risks_counts() -> None:
    risks = (risk(1, 1), risk(3, 4), risk(3, 3), risk(5, 5, RiskStatus.CLOSED))

    assert highest_risk_level(deal(risks=risks)) is HIGH
    assert highest_risk_level(deal()) is None


NEVER = MissingReview("The buyer's perceived risks have not been reviewed yet.")
REOPENED = MissingReview("The risks were last reviewed before the deal was reopened. Review them again.")
RAISED = MissingReview("A risk was raised after the last review. Review the risks again.")
UNSAID = MissingReview(
    "The last review names no risk, and does not confirm that there is none. Review again."
)
WORRIED = "so something worries them. Ask what, raise it as a risk, and review the risks again."
FIRST = MissingReview(
    f"The buyer is buying this for the first time, {WORRIED}",
    "raiseRisk",
)
FAILED = MissingReview(f"The buyer has failed at this before, {WORRIED}", "raiseRisk")
REOPEN = Trigger.REOPEN
REVIEWS = {
    "never reviewed": (deal(), NEVER),
    "never reviewed, and a risk": (deal(risks=(risk(),)), NEVER),
    "never reviewed by a first-time buyer": (deal(first_time_buyer=True), NEVER),
    "none was found, and it was explanation": (deal_after_review(none_found=True), None),
    "none was found, and nothing was explanation": (deal_after_review(), UNSAID),
    "one is on record": (deal_after_review(risks=(risk(),)), None),
    "one was raised in the moment of the review": (
        deal_after_review(risks=(risk(raised_at=REVIEWED),)),
        None,
    ),
    "one was raised just after": (deal_after_review(risks=(risk(raised_at=REVIEWED + TICK),)), RAISED),
    "one was raised after, and closed": (
        deal_after_review(risks=(risk(1, 1, RiskStatus.CLOSED, raised_at=NOW),)),
        RAISED,
    ),
    "one before and one after": (deal_after_review(risks=(risk(), risk(raised_at=NOW))), RAISED),
    "raised after it was explanation that there is none": (
        deal_after_review(none_found=True, risks=(risk(raised_at=NOW),)),
        RAISED,
    ),
    "all are closed": (deal_after_review(risks=(risk(5, 5, RiskStatus.CLOSED),)), None),
    "first-time buyer, none found": (deal_after_review(none_found=True, first_time_buyer=True), FIRST),
    "first-time buyer, nothing explanation": (deal_after_review(first_time_buyer=True), FIRST),
    "first-time buyer with a risk": (deal_after_review(first_time_buyer=True, risks=(risk(),)), None),
    "first-time buyer whose risk is closed": (
        deal_after_review(none_found=True, first_time_buyer=True, risks=(risk(1, 1, RiskStatus.CLOSED),)),
        None,
    ),
    "no first-time buyer": (
        deal_after_review(none_found=True, first_time_buyer=False, prior_attempt_failed=False),
        None,
    ),
    "failed before, none found": (deal_after_review(none_found=True, prior_attempt_failed=True), FAILED),
    "failed before, with a risk": (deal_after_review(prior_attempt_failed=True, risks=(risk(),)), None),
    "failed before, and first-time buyer": (
        deal_after_review(first_time_buyer=True, prior_attempt_failed=True),
        FIRST,
    ),
    "reopened after": (
        deal_after_review(none_found=True, transitions=(transition_taken(REOPEN, NOW),)),
        REOPENED,
    ),
    "reopened in the moment of the review": (
        deal_after_review(none_found=True, transitions=(transition_taken(REOPEN, REVIEWED),)),
        REOPENED,
    ),
    "reopened just before": (
        deal_after_review(none_found=True, transitions=(transition_taken(REOPEN, REVIEWED - TICK),)),
        None,
    ),
    "reopened before and again after": (
        deal_after_review(
            none_found=True,
            transitions=(
                transition_taken(REOPEN, REVIEWED - DAY),
                transition_taken(Trigger.LOSE, NOW),
                transition_taken(REOPEN, NOW),
            ),
        ),
        REOPENED,
    ),
    "sent back after": (
        deal_after_review(none_found=True, transitions=(transition_taken(Trigger.REGRESS, NOW),)),
        None,
    ),
    "raised, reopened, and reviewed then": (
        deal_after_review(risks=(risk(),), transitions=(transition_taken(REOPEN, NOW - 2 * DAY),)),
        None,
    ),
}


@pytest.mark.parametrize("case", REVIEWS)
def test_risks_are_reviewed_when_a_review_followed_them(case: str) -> None:
    facts, missing = REVIEWS[case]

    assert missing_review(facts) == missing


@pytest.mark.parametrize("case", REVIEWS)
def test_a_gate_says_what_the_review_lacks_with_a_remedy(case: str) -> None:
    facts, missing = REVIEWS[case]

    verdict = verdict_on(RequirementTest(risk_reviewed=True), facts)

    found = (verdict.status, verdict.explanation, verdict.remedy)
    if missing is None:
        assert found == (MET, "The buyer's perceived risks were reviewed.", None)
    else:
        assert found == (UNMET, missing.sentence, missing.remedy)


MITIGATING = RiskStatus.MITIGATING
DONE = RiskStatus.MITIGATED
ADVICE = "Mitigate each of them, or ask a manager to settle it."


@pytest.mark.parametrize(
    ("risks", "limit", "explanation", "remedy"),
    [
        ([], MEDIUM, "No open risk is above medium.", None),
        ([risk(3, 3)], MEDIUM, "No open risk is above medium.", None),
        ([risk(5, 5, DONE)], MEDIUM, "No open risk is above medium.", None),
        ([risk(5, 5)], CRITICAL, "No open risk is above critical.", None),
        (
            [risk(2, 5)],
            MEDIUM,
            f"Open risks above medium: “It takes a year” (high). {ADVICE}",
            "addMitigation",
        ),
        ([risk(1, 5)], LOW, f"Open risks above low: “It takes a year” (medium). {ADVICE}", "addMitigation"),
        (
            [risk(2, 5, MITIGATING, mitigated=True), risk(1, 1)],
            MEDIUM,
            f"Open risks above medium: “It takes a year” (high). {ADVICE}",
            "completeMitigation",
        ),
        (
            [risk(2, 5, MITIGATING, mitigated=True), replace(risk(3, 5), statement="It costs a fortune")],
            MEDIUM,
            f"Open risks above medium: “It takes a year” (high), “It costs a fortune” (critical). {ADVICE}",
            "addMitigation",
        ),
    ],
)
def test_a_gate_names_each_open_risk_above_its_level(
    risks: list[Any], limit: RiskLevel, explanation: str, remedy: str | None
) -> None:
    verdict = verdict_on(RequirementTest(max_open_risk=limit), deal(risks=tuple(risks)))

    status = UNMET if remedy else MET
    assert (verdict.status, verdict.explanation, verdict.remedy) == (status, explanation, remedy)
