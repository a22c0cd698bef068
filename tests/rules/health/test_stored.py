"""Stored health: the columns of open and closed deals, and when they change."""

from datetime import timedelta

import pytest

from tests.rules.health.test_at_close import closed
from tests.support.rules.deal_facts import DEFAULT, NOW, deal
from workflow.rules.enums import InsightTopicName, OpportunityState
from workflow.rules.health.health import evaluate_health
from workflow.rules.health.stored import evaluation_changes, evaluation_columns

S = OpportunityState
DAY = timedelta(days=1)


def test_an_open_deal_stores_its_health_with_every_factor_and_no_insight() -> None:
    facts = deal()

    columns = evaluation_columns(DEFAULT, facts, NOW)

    health = evaluate_health(DEFAULT, facts, NOW)
    factors = columns["health_factors"]
    assert isinstance(factors, list)
    assert (columns["health"], columns["closed_insight"]) == (health.score, None)
    assert [(factor["key"], factor["explanation"]) for factor in factors] == [
        (factor.key, factor.explanation) for factor in health.factors
    ]


def test_a_closed_deal_stores_the_health_and_the_insight_of_its_close() -> None:
    columns = evaluation_columns(DEFAULT, closed(), NOW)

    insight = columns["closed_insight"]
    assert isinstance(insight, list)
    assert [topic[0] for topic in insight] == list(InsightTopicName)
    assert columns == evaluation_columns(DEFAULT, closed(), NOW + 300 * DAY)


@pytest.mark.parametrize(("before", "changes"), [(S.PROGRESSING, True), (S.WON, False), (S.LOST, False)])
def test_a_deal_that_was_closed_keeps_the_evaluation_of_its_close(before: S, changes: bool) -> None:
    assert bool(evaluation_changes(before, DEFAULT, closed(), NOW)) is changes


def test_a_reopened_deal_is_evaluated_again() -> None:
    assert evaluation_changes(S.LOST, DEFAULT, deal(), NOW)["closed_insight"] is None
