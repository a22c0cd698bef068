"""Alerts: the rules of the process that apply, and the ladders of their severities."""

from dataclasses import replace
from uuid import UUID

from tests.rules.alerts.alert_facts import (
    CRITICAL,
    DAY,
    QUALIFIED,
    WARNING,
    A,
    milestone,
    progressing,
    qualified,
)
from tests.support.rules.deal_facts import DEFAULT, NOW, TODAY
from workflow.rules.alerts.alerts import enabled_rules, find_alerts, matching_rules
from workflow.rules.enums import OpportunityState


def test_closed_deals_and_disabled_rules_have_no_alerts() -> None:
    off = replace(DEFAULT, alert_rules=tuple(replace(rule, enabled=False) for rule in DEFAULT.alert_rules))

    assert find_alerts(DEFAULT, replace(qualified(99), state=OpportunityState.WON), NOW) == ()
    assert find_alerts(off, qualified(99), NOW) == ()


def test_every_matching_rule_is_flagged() -> None:
    rules = matching_rules(DEFAULT, qualified(20), NOW)

    assert [rule.severity for rule in rules if rule.code is A.NO_BUYER_ACTIVITY] == [CRITICAL, WARNING]


def test_an_alert_has_the_most_severe_rule_that_matches_and_not_one_per_rule() -> None:
    alerts = [
        alert for alert in find_alerts(DEFAULT, qualified(20), NOW) if alert.code is A.NO_BUYER_ACTIVITY
    ]

    assert [alert.severity for alert in alerts] == [CRITICAL]


def test_the_rules_of_a_code_apply_in_their_states_most_severe_first() -> None:
    facts = qualified(1)

    assert [rule.severity for rule in enabled_rules(DEFAULT, facts, A.NO_BUYER_ACTIVITY)] == [
        CRITICAL,
        WARNING,
    ]
    assert enabled_rules(DEFAULT, replace(facts, state=OpportunityState.LEAD), A.NO_BUYER_ACTIVITY) == []


def test_a_disabled_rung_leaves_the_others_of_its_ladder() -> None:
    rules = [
        replace(rule, enabled=not (rule.code is A.NO_BUYER_ACTIVITY and rule.severity is CRITICAL))
        for rule in DEFAULT.alert_rules
    ]

    alerts = find_alerts(replace(DEFAULT, alert_rules=tuple(rules)), qualified(20), NOW)

    assert [alert.severity for alert in alerts if alert.code is A.NO_BUYER_ACTIVITY] == [WARNING]


def test_alerts_of_one_code_are_distinguished_by_their_subject() -> None:
    due = (milestone(TODAY - DAY), replace(milestone(TODAY - DAY), id=UUID(int=6)))

    keys = [alert.key for alert in find_alerts(DEFAULT, progressing(1, milestones=due), NOW)]

    assert [key for key in keys if key[0] is A.MILESTONE_DUE] == [
        (A.MILESTONE_DUE, str(UUID(int=5))),
        (A.MILESTONE_DUE, str(UUID(int=6))),
    ]
    assert len(set(keys)) == len(keys)


def test_a_rule_that_matches_below_the_most_severe_one_counts_for_the_impact_of_a_process() -> None:
    facts = qualified(20)
    codes = {rule.code for rule in matching_rules(DEFAULT, facts, NOW)}

    assert codes == {alert.code for alert in find_alerts(DEFAULT, facts, NOW)}
    assert facts.state is QUALIFIED
