"""Messages about one deal agree: gates, health, insight and alerts say the same of the same facts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.alerts.alert_facts import milestone, next_step, override, progressing, qualified
from tests.rules.health.random_deals import random_case
from tests.support.counts import FULL, count
from tests.support.rules.deal_facts import (
    DEFAULT,
    NOW,
    TODAY,
    assessment,
    deal,
    fit_rule,
    risk,
    stakeholder,
    two_way_activity,
    verdict_on,
)
from workflow.rules.alerts.alerts import StoredAlert, find_alerts
from workflow.rules.enums import (
    AlertCode,
    AlertSeverity,
    BuyingRole,
    FitOperator,
    InsightTopicName,
    OpportunityState,
    Trigger,
)
from workflow.rules.gates.requirements import evaluate_gate
from workflow.rules.health.health import evaluate_health
from workflow.rules.health.insight import evaluate_insight
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import ActivityFacts
from workflow.rules.process.document import (
    CriterionTest,
    ProcessDocument,
    RequirementTest,
    RoleTest,
)

DAY = timedelta(days=1)
CODES = AlertCode
NEVER = ActivityFacts()


def alert_message(code: AlertCode, facts: OpportunityFacts, process: ProcessDocument = DEFAULT) -> str:
    """Return the message of the only alert of a code."""
    (message,) = [alert.message for alert in find_alerts(process, facts, NOW) if alert.code is code]
    return message


def health_reason(key: str, facts: OpportunityFacts) -> str:
    """Return the explanation of a factor."""
    return next(
        factor.explanation for factor in evaluate_health(DEFAULT, facts, NOW).factors if factor.key == key
    )


def all_messages(process: ProcessDocument, facts: OpportunityFacts) -> Iterator[str]:
    """List every sentence that people read about a deal."""
    stored = [StoredAlert(code, "", AlertSeverity.CRITICAL, NOW - 30 * DAY) for code in CODES]
    for trigger in (Trigger.QUALIFY, Trigger.PROGRESS, Trigger.WIN):
        yield from (verdict.explanation for verdict in evaluate_gate(process, trigger, facts, NOW))
    yield from (factor.explanation for factor in evaluate_health(process, facts, NOW).factors)
    yield from (alert.message for alert in find_alerts(process, facts, NOW, stored))
    for topic in evaluate_insight(process, facts, NOW).topics:
        yield topic.summary
        yield from topic.missing


def old_case(seed: int) -> tuple[ProcessDocument, OpportunityFacts]:
    """Return a random deal that has been here for long: alerts count no time before a deal was recorded."""
    process, facts = random_case(seed)
    return process, replace(facts, created_at=NOW - 999 * DAY)


@pytest.mark.parametrize(
    ("activity", "gap"),
    [
        (NEVER, "No two-way contact with the buyer yet"),
        (two_way_activity(1, ago=14 * DAY), "No two-way contact with the buyer for 14 days"),
        (two_way_activity(1, ago=40.9 * DAY), "No two-way contact with the buyer for 40 days"),
        (two_way_activity(1, ago=150 * DAY), "No two-way contact with the buyer for 150 days"),
    ],
)
def test_gate_health_and_alert_agree_on_the_contact_with_the_buyer(activity: ActivityFacts, gap: str) -> None:
    facts = progressing(110, activity=activity)

    messages = [
        verdict_on(RequirementTest(activity_within_days=7), facts).explanation,
        health_reason("buyer_activity", facts),
        alert_message(CODES.NO_BUYER_ACTIVITY, facts),
    ]

    assert [re.split("[;.]", message)[0] for message in messages] == [gap] * 3


def test_a_deal_without_any_contact_is_not_said_to_be_silent_for_days() -> None:
    facts = progressing(110, activity=NEVER)

    about_contact = [
        message for message in all_messages(DEFAULT, facts) if "two-way contact with the buyer" in message
    ]

    assert len(about_contact) == 2
    assert not any(
        "the buyer for" in message or "last two-way contact" in message for message in about_contact
    )


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (OpportunityState.LEAD, "Lead for 160 days; the process expects 14 days."),
        (OpportunityState.QUALIFIED, "Qualified for 160 days; the process expects 14 days."),
        (OpportunityState.PROGRESSING, "In progress for 160 days; the process expects 90 days."),
    ],
)
def test_health_and_alert_agree_on_the_time_in_the_state(state: OpportunityState, sentence: str) -> None:
    facts = deal(state=state, state_since=NOW - 160 * DAY, created_at=NOW - 160 * DAY)

    reason = health_reason("state_age", facts)

    assert reason == alert_message(CODES.STATE_AGE, facts)
    assert reason.startswith(sentence)


@pytest.mark.parametrize(("pushes", "often"), [(1, "once"), (2, "twice"), (3, "3 times")])
def test_health_and_alert_agree_on_the_pushes_of_the_close_date(pushes: int, often: str) -> None:
    facts = qualified(1, push_count=pushes)
    sentence = f"The expected close date has been pushed {often}."

    assert health_reason("close_date", facts).startswith(sentence)
    assert alert_message(CODES.CLOSE_DATE_PUSHED, facts).startswith(sentence)


def test_gate_and_alert_agree_on_a_stale_assessment() -> None:
    facts = qualified(1, assessments=(assessment("pain", age=91 * DAY),))

    verdict = verdict_on(RequirementTest(criterion=CriterionTest("pain")), facts)

    assert verdict.explanation == alert_message(CODES.EVIDENCE_STALE, facts)
    assert "more than 90 days old" in verdict.explanation
    pain = evaluate_insight(DEFAULT, facts, NOW).topics[0]
    assert "more than 90 days old" in pain.missing[0]


def test_gate_insight_and_alert_agree_on_a_missing_risk_review() -> None:
    facts = qualified(20, first_time_buyer=True)

    sentence = verdict_on(RequirementTest(risk_reviewed=True), facts).explanation

    assert sentence == alert_message(CODES.RISK_NOT_REVIEWED, facts)
    topics = {topic.topic: topic for topic in evaluate_insight(DEFAULT, facts, NOW).topics}
    assert topics[InsightTopicName.PERCEIVED_RISK].missing == (f"riskReview: {sentence}",)


def test_gate_insight_and_alert_agree_on_a_lost_fit() -> None:
    process = replace(DEFAULT, fit_rules=(fit_rule("employeeCount", FitOperator.GTE, 1_000),))
    facts = qualified(1)

    sentence = verdict_on(RequirementTest(fit=True), facts, process).explanation

    assert alert_message(CODES.FIT_LOST, facts, process).startswith(sentence)
    fit = next(
        one for one in evaluate_insight(process, facts, NOW).topics if one.topic is InsightTopicName.FIT
    )
    assert fit.missing[-1] == f"employeeCount: {sentence}"


def test_gate_health_and_alert_name_the_missing_roles_alike() -> None:
    roles = (BuyingRole.ECONOMIC_BUYER, BuyingRole.DECISION_MAKER, BuyingRole.APPROVER)
    facts = progressing(9, stakeholders=(stakeholder(BuyingRole.CHAMPION),))

    messages = [
        verdict_on(RequirementTest(role=RoleTest(roles)), facts).explanation,
        health_reason("decision_maker", facts),
        alert_message(CODES.ROLE_MISSING, facts),
    ]

    assert all("economic buyer, decision maker or approver" in message for message in messages)
    assert messages[1].startswith("No economic buyer") and messages[2].startswith("No economic buyer")


def test_the_alert_of_an_expired_override_names_its_requirements() -> None:
    made = replace(override(timedelta(0)), requirement_keys=("criterion.pain", "a.former.one"))

    message = alert_message(CODES.OVERRIDE_DUE, qualified(1, overrides=(made,)))

    label = next(
        one.label for one in DEFAULT.requirements_for(Trigger.QUALIFY) if one.key == "criterion.pain"
    )
    assert (
        message == f"The override of the requirements “{label}”, “a.former.one” has expired. Meet them now."
    )


@pytest.mark.parametrize("text", ["Show it.", "Show it!", "Show it"])
def test_the_words_of_people_are_quoted_without_doubled_punctuation(text: str) -> None:
    step = replace(next_step(-1), text=text)
    late = milestone(TODAY - 9 * DAY, name=text)
    facts = progressing(40, next_step=step, milestones=(late,), risks=(replace(risk(5, 5), statement=text),))

    messages = [message for message in all_messages(DEFAULT, facts) if "Show it" in message]

    assert len(messages) == 8
    assert all(f"“{text}”" in message for message in messages)
    assert not any(re.search(r"[.!?]\.", message) for message in messages)


MUTATION = re.compile(r"\b[a-z]+[A-Z]\w+\b")
ENUM_NAMES = re.compile(r"\b[A-Z]{4,}(_[A-Z]+)*\b")


@settings(max_examples=count(2_000), derandomize=not FULL, deadline=None)
@given(seed=st.integers(0, 2**64 - 1))
def test_no_message_has_a_mutation_or_an_enum_name_or_doubled_punctuation(seed: int) -> None:
    process, facts = old_case(seed)

    for message in all_messages(process, facts):
        sentence = re.sub(r"^[\w.]+: ", "", message)
        own_words = re.sub("“.*?”", "", sentence)
        assert not MUTATION.search(own_words), message
        assert not ENUM_NAMES.search(own_words), message
        assert not re.search(r"[.!?]\.|  |::|;\.", sentence), message


@settings(max_examples=count(2_000), derandomize=not FULL, deadline=None)
@given(seed=st.integers(0, 2**64 - 1))
def test_health_and_alert_agree_on_the_contact_with_the_buyer_of_any_deal(seed: int) -> None:
    process, facts = old_case(seed)
    alerts = [
        alert.message for alert in find_alerts(process, facts, NOW) if alert.code is CODES.NO_BUYER_ACTIVITY
    ]

    reason = health_reason("buyer_activity", facts)

    for message in alerts:
        on_the_limit = facts.activity.last_two_way_at == NOW - 7 * DAY
        assert reason.startswith(message.partition(".")[0]) or on_the_limit


def test_every_alert_code_is_found_on_some_deal_of_the_property() -> None:
    """Otherwise the property above would not say anything about its message."""
    codes = {alert.code for seed in range(300) for alert in find_alerts(*old_case(seed), NOW)}

    assert codes >= {CODES.NO_BUYER_ACTIVITY, CODES.STATE_AGE, CODES.ROLE_MISSING, CODES.MILESTONE_DUE}
