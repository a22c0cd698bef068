"""Causes of alerts: the time that counts for an alert, and the conditions that match a cause with a rule."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.rules.alerts.alert_facts import (
    ADVICE,
    CRITICAL,
    DAY,
    LEAD,
    QUALIFIED,
    WARNING,
    A,
    progressing,
    qualified,
)
from tests.support.rules.deal_facts import DEFAULT, NOW, deal
from workflow.rules.alerts.cause_types import (
    AlertCause,
    AlertContext,
    above_threshold,
    at_least_threshold,
    has_no_threshold,
    threshold_below_critical,
)
from workflow.rules.enums import AlertSeverity, OpportunityState, Trigger
from workflow.rules.gates.requirements import RuleContext
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import TransitionFacts
from workflow.rules.process.document import AlertRule


def context(facts: OpportunityFacts) -> AlertContext:
    """Return the context of a deal."""
    return AlertContext(RuleContext(facts, DEFAULT, NOW))


def rule(threshold: int | None, severity: AlertSeverity = WARNING) -> AlertRule:
    """Return a rule with a threshold."""
    return AlertRule(A.STATE_AGE, severity, (LEAD,), None if threshold is None else Decimal(threshold))


def test_days_run_from_the_latest_instant_that_is_known() -> None:
    facts = qualified(30)

    days = context(facts).days_since(NOW - 12 * DAY, None, NOW - 9.5 * DAY)

    assert days == 9.5


@pytest.mark.parametrize(("recorded", "days"), [(None, 31), (2, 2), (400, 31)])
def test_no_day_counts_before_the_deal_was_recorded(recorded: int | None, days: int) -> None:
    """Without a record of its own, a deal was recorded when it was created."""
    facts = qualified(30, recorded_at=None if recorded is None else NOW - recorded * DAY)

    assert context(facts).days_since(NOW - 31 * DAY) == days


def test_an_instant_in_the_future_counts_as_now() -> None:
    assert context(qualified(30)).days_since(NOW + DAY) == 0


def test_a_deal_has_been_past_lead_since_it_last_left_it() -> None:
    early = NOW - 60 * DAY
    back = NOW - 40 * DAY
    late = NOW - 20 * DAY
    transitions = (
        TransitionFacts(Trigger.QUALIFY, LEAD, QUALIFIED, early, 0),
        TransitionFacts(Trigger.REGRESS, QUALIFIED, LEAD, back, 0),
        TransitionFacts(Trigger.QUALIFY, LEAD, QUALIFIED, late, 0),
    )

    assert context(qualified(20, transitions=transitions)).left_lead_at() == late
    assert context(deal()).left_lead_at() is None


def test_a_reopened_deal_has_been_past_lead_since_it_was_reopened() -> None:
    lost = TransitionFacts(
        Trigger.LOSE, OpportunityState.PROGRESSING, OpportunityState.LOST, NOW - 9 * DAY, 0
    )
    reopened = TransitionFacts(Trigger.REOPEN, OpportunityState.LOST, QUALIFIED, NOW - 5 * DAY, 0)
    facts = progressing(30)

    again = replace(facts, state=QUALIFIED, transitions=(*facts.transitions, lost, reopened))

    assert context(again).left_lead_at() == NOW - 5 * DAY


@pytest.mark.parametrize(
    ("condition", "matched"),
    [
        (at_least_threshold, [(None, None), (None, 3), (3, 3), (3, 4)]),
        (above_threshold, [(3, 4)]),
        (has_no_threshold, [(None, None), (None, 3)]),
        (threshold_below_critical, [(None, None), (None, 3), (3, 3), (3, 4)]),
    ],
)
def test_a_condition_compares_the_measure_with_the_threshold(
    condition: object, matched: list[tuple[int | None, int | None]]
) -> None:
    cases: list[tuple[int | None, int | None]] = [
        *[(None, None), (None, 3)],
        *[(3, None), (3, 2), (3, 3), (3, 4)],
    ]
    assert callable(condition)

    found = [
        (threshold, measure)
        for threshold, measure in cases
        if AlertCause("It is late.", "logActivity", measure=measure, condition=condition).matches(
            rule(threshold)
        )
    ]

    assert found == matched


def test_a_high_risk_never_reaches_a_critical_rule() -> None:
    cause = AlertCause("A risk.", "addMitigation", measure=99, condition=threshold_below_critical)

    assert [cause.matches(rule(3, severity)) for severity in (ADVICE, WARNING, CRITICAL)] == [
        True,
        True,
        False,
    ]
