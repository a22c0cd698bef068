"""Completeness of insight, and its agreement with gates: a known topic meets every requirement about it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.health.random_deals import random_case
from tests.support.counts import FULL, count
from tests.support.rules.deal_facts import DEFAULT, NOW, TODAY, assessment, deal, stakeholder, verdict_on
from workflow.rules.enums import (
    BuyingRole,
    CriterionKind,
    Grade,
    InsightTopicName,
    KnowledgeStatus,
    OpportunityField,
    OpportunityState,
    RequirementStatus,
    Trigger,
)
from workflow.rules.health.at_close import evaluation_context
from workflow.rules.health.insight import Insight, InsightTopic, evaluate_insight, is_interest_doubtful
from workflow.rules.opportunity.milestones import is_overdue
from workflow.rules.opportunity.parts import DecisionStepFacts, TransitionFacts
from workflow.rules.process.document import CriterionTest, ProcessDocument, RequirementTest, RoleTest

F = OpportunityField
N = InsightTopicName
S = OpportunityState
K = KnowledgeStatus
DAY = timedelta(days=1)


def statuses(found: Insight) -> dict[str, str]:
    """Return the status of each topic."""
    return {topic.topic: topic.status for topic in found.topics}


def test_a_bare_lead_has_no_known_topics() -> None:
    found = evaluate_insight(DEFAULT, deal(), NOW)

    assert statuses(found) == dict.fromkeys(InsightTopicName, "UNKNOWN")
    assert all(topic.missing for topic in found.topics)
    assert found.completeness_percent == 0


@pytest.mark.parametrize(
    ("known", "partial", "stale", "percent"),
    [
        (12, 0, 0, 100),
        (0, 12, 0, 50),
        (0, 0, 12, 25),
        (1, 0, 0, 8),
        (2, 0, 0, 17),
        (0, 1, 0, 4),
        (0, 0, 6, 13),
        (1, 1, 1, 15),
    ],
)
def test_completeness_is_the_mean_of_the_topics_half_up(
    known: int, partial: int, stale: int, percent: int
) -> None:
    found = [K.KNOWN] * known + [K.PARTIAL] * partial + [K.STALE] * stale
    found += [K.UNKNOWN] * (12 - len(found))

    topics = tuple(
        InsightTopic(name, status, "As it is.", ())
        for name, status in zip(InsightTopicName, found, strict=True)
    )
    assert Insight(topics).completeness_percent == percent


@pytest.mark.parametrize(
    ("since", "now", "doubt"),
    [
        (date(2021, 3, 10), datetime(2026, 3, 10, 12, tzinfo=UTC), False),
        (date(2021, 3, 9), datetime(2026, 3, 10, 12, tzinfo=UTC), True),
        (date(2021, 3, 9), datetime(2026, 3, 9, 22, 30, tzinfo=UTC), False),
        (date(2021, 3, 9), datetime(2026, 3, 9, 23, 30, tzinfo=UTC), True),  # the 10th in Berlin
        (date(2020, 2, 29), datetime(2025, 2, 28, 12, tzinfo=UTC), False),
        (date(2020, 2, 29), datetime(2025, 3, 1, 12, tzinfo=UTC), True),
        (None, NOW, False),
    ],
)
def test_interest_is_doubtful_after_five_years_of_pain_without_an_event(
    since: date | None, now: datetime, doubt: bool
) -> None:
    assert is_interest_doubtful(deal(pain_since=since), now) is doubt
    assert not is_interest_doubtful(deal(pain_since=since, compelling_event="The lease ends"), now)


def test_a_criterion_is_found_by_its_kind_whatever_its_key() -> None:
    renamed = tuple(replace(one, key=f"our-{one.key}") for one in DEFAULT.criteria)
    answers = tuple(assessment(f"our-{key}") for key in ("pain", "interest", "fit"))

    found = evaluate_insight(
        replace(DEFAULT, criteria=renamed), deal(assessments=answers, pain_since=TODAY), NOW
    )

    assert [statuses(found)[topic] for topic in (N.PAIN, N.INTEREST, N.FIT)] == ["KNOWN"] * 3


def test_a_topic_without_a_criterion_is_unknown() -> None:
    found = evaluate_insight(replace(DEFAULT, criteria=()), deal(assessments=(assessment("pain"),)), NOW)

    assert found.topics[0].missing == ("pain: the buyer's own words about it, as evidence",)


def test_the_fit_criterion_can_go_stale_too() -> None:
    short = tuple(replace(one, stale_after_days=30) for one in DEFAULT.criteria)
    answers = (assessment("fit", Grade.CONFIRMED, age=31 * DAY),)

    found = evaluate_insight(replace(DEFAULT, criteria=short), deal(assessments=answers), NOW)

    assert statuses(found)[N.FIT] == "STALE"


def test_a_disproved_criterion_says_so() -> None:
    found = evaluate_insight(DEFAULT, deal(assessments=(assessment("pain", Grade.DISPROVED),)), NOW)

    assert found.topics[0].summary == (
        "“The buyer has a problem that hurts” is disproved. Find out if that is really so, or "
        "disqualify the deal."
    )


def test_missing_facts_are_listed_by_name_and_in_words() -> None:
    facts = deal(
        stakeholders=(stakeholder(BuyingRole.CHAMPION),),
        decision_steps=(DecisionStepFacts("The board meets"),),
    )

    found = {topic.topic: topic for topic in evaluate_insight(DEFAULT, facts, NOW).topics}

    assert found[N.DECISION_TEAM].summary == "We know the people for 1 of the 2 roles that a deal needs."
    assert found[N.DECISION_TEAM].missing == ("roles: economic buyer, decision maker or approver, 0 of 1",)
    assert found[N.BUYING_STYLE].missing == ("buyingStyle: how Grace judges an offer",)
    assert found[N.BUYING_PROCESS].missing == (
        "purchaseProcess: how the buyer buys: one person, a committee or a tender",
    )
    assert found[N.INTEREST].missing[1] == "painSince: since when the buyer has had the pain"


def test_insight_of_a_closed_deal_is_as_at_its_close() -> None:
    came = TransitionFacts(Trigger.PROGRESS, S.QUALIFIED, S.PROGRESSING, NOW - 300 * DAY, 0)
    lost = TransitionFacts(Trigger.LOSE, S.PROGRESSING, S.LOST, NOW - 200 * DAY, 0)
    answers = (assessment("pain", age=220 * DAY),)
    closed = {"state": S.LOST, "state_since": lost.at, "transitions": (came, lost)}

    assert statuses(evaluate_insight(DEFAULT, deal(assessments=answers, **closed), NOW))[N.PAIN] == "KNOWN"
    assert statuses(evaluate_insight(DEFAULT, deal(assessments=answers), NOW))[N.PAIN] == "STALE"


def possible_requirements(topic: InsightTopicName, process: ProcessDocument) -> list[RequirementTest]:
    """Return the requirements that gates can have about a topic."""
    kinds = {N.PAIN: CriterionKind.PAIN, N.INTEREST: CriterionKind.INTEREST, N.FIT: CriterionKind.FIT}
    keys = [one.key for one in process.criteria if one.kind is kinds.get(topic)]
    answers = [RequirementTest(criterion=CriterionTest(key, Grade.VALIDATED)) for key in keys]
    roles = [RequirementTest(role=RoleTest(role.any_of, role.minimum)) for role in process.required_roles]
    tests: dict[InsightTopicName, list[RequirementTest]] = {
        N.FIT: [RequirementTest(fit=True)],
        N.DECISION_TEAM: roles,
        N.PERCEIVED_RISK: [RequirementTest(risk_reviewed=True)],
    }
    fields = [RequirementTest(field=field) for field in FIELDS.get(topic, ())]
    return [*answers, *tests.get(topic, []), *fields]


FIELDS = {
    N.BUYING_PROCESS: (F.PURCHASE_PROCESS,),
    N.TIME_SCHEDULE: (F.DECISION_DATE, F.COMPELLING_EVENT),
    N.OBJECTIVES: (F.OBJECTIVES,),
    N.COMPETITION: (F.COMPETITORS,),
}


@settings(max_examples=count(10_000), derandomize=not FULL, deadline=None)
@given(seed=st.integers(0, 2**64 - 1))
def test_a_known_topic_meets_every_gate_that_requires_it(seed: int) -> None:
    process, facts = random_case(seed)
    case = evaluation_context(process, facts, NOW)

    for topic in evaluate_insight(process, facts, NOW).topics:
        if topic.status is K.KNOWN:
            found = {
                verdict_on(test, case.facts, process, case.now).status
                for test in possible_requirements(topic.topic, process)
            }
            assert found <= {RequirementStatus.MET}, topic
            assert topic.missing == ()
            if topic.topic is N.PROGRESS:
                assert not any(is_overdue(one, case.facts, case.now) for one in case.facts.milestones)


def test_every_topic_is_known_on_some_random_deal() -> None:
    """Otherwise the property above would not say anything about some topics."""
    seen = [evaluate_insight(*random_case(seed), NOW) for seed in range(300)]

    assert {topic.topic for found in seen for topic in found.topics if topic.status is K.KNOWN} == set(
        InsightTopicName
    )
