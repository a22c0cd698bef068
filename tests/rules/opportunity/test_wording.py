"""Phrases of the messages: numbers, quotes and alternatives in plain English."""

from datetime import timedelta

import pytest

from tests.support.rules.deal_facts import NOW, deal, two_way_activity
from workflow.rules.enums import BuyingRole, OpportunityState
from workflow.rules.opportunity import wording

R = BuyingRole


@pytest.mark.parametrize(
    ("hours", "text"),
    [(-5, "less than a day"), (23, "less than a day"), (24, "1 day"), (47, "1 day"), (48, "2 days")],
)
def test_a_span_is_given_in_whole_days(hours: int, text: str) -> None:
    assert wording.span_in_days(timedelta(hours=hours)) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 times"), (1, "once"), (2, "twice"), (3, "3 times")])
def test_how_often_is_written_as_people_do(count: int, text: str) -> None:
    assert wording.times(count) == text


@pytest.mark.parametrize(
    ("roles", "text"),
    [
        ([R.CHAMPION], "champion"),
        ([R.CHAMPION, R.COACH], "champion or coach"),
        ([R.ECONOMIC_BUYER, R.DECISION_MAKER, R.APPROVER], "economic buyer, decision maker or approver"),
    ],
)
def test_roles_are_alternatives(roles: list[BuyingRole], text: str) -> None:
    assert wording.roles(roles) == text


def test_texts_of_people_are_quoted() -> None:
    assert wording.quote(["Call them.", "Show it"]) == "“Call them.”, “Show it”"


def test_contact_in_the_future_counts_as_now() -> None:
    facts = deal(activity=two_way_activity(1, ago=timedelta(days=-3)))

    assert wording.buyer_contact_gap(facts, NOW).endswith("for less than a day")


@pytest.mark.parametrize(
    ("state", "label"),
    [
        (OpportunityState.LEAD, "lead"),
        (OpportunityState.PROGRESSING, "in progress"),
        (OpportunityState.WON, "won"),
    ],
)
def test_a_state_has_a_label(state: OpportunityState, label: str) -> None:
    assert state.label == label
