"""Time that a deal has spent in each state, over all visits."""

from datetime import timedelta

import pytest

from tests.support.rules.deal_facts import NOW, deal
from workflow.rules.enums import OpportunityState, Trigger
from workflow.rules.opportunity.parts import TransitionFacts
from workflow.rules.opportunity.time_in_state import StateDuration, state_age, state_durations

S = OpportunityState
T = Trigger
DAY = 86_400
QUALIFIED = TransitionFacts(T.QUALIFY, S.LEAD, S.QUALIFIED, NOW, 3 * DAY)
BACK = TransitionFacts(T.REGRESS, S.QUALIFIED, S.LEAD, NOW, 2 * DAY)
LOST = TransitionFacts(T.LOSE, S.QUALIFIED, S.LOST, NOW, 5 * DAY)
REOPENED = TransitionFacts(T.REOPEN, S.LOST, S.LEAD, NOW, 7 * DAY)


@pytest.mark.parametrize(
    ("state", "transitions", "found"),
    [
        (S.LEAD, (), [StateDuration(S.LEAD, DAY, DAY, 1)]),
        (
            S.QUALIFIED,
            (QUALIFIED,),
            [StateDuration(S.LEAD, None, 3 * DAY, 1), StateDuration(S.QUALIFIED, DAY, DAY, 1)],
        ),
        (
            S.LEAD,
            (QUALIFIED, BACK),
            [StateDuration(S.LEAD, DAY, 4 * DAY, 2), StateDuration(S.QUALIFIED, None, 2 * DAY, 1)],
        ),
        (
            S.QUALIFIED,
            (QUALIFIED, BACK, QUALIFIED),
            [StateDuration(S.LEAD, None, 6 * DAY, 2), StateDuration(S.QUALIFIED, DAY, 3 * DAY, 2)],
        ),
        (
            S.LEAD,
            (QUALIFIED, LOST, REOPENED),
            [
                StateDuration(S.LEAD, DAY, 4 * DAY, 2),
                StateDuration(S.QUALIFIED, None, 5 * DAY, 1),
                StateDuration(S.LOST, None, 7 * DAY, 1),
            ],
        ),
    ],
)
def test_each_state_has_its_visits_and_their_total_time(
    state: OpportunityState, transitions: tuple[TransitionFacts, ...], found: list[StateDuration]
) -> None:
    facts = deal(state=state, transitions=transitions, state_since=NOW - timedelta(days=1))

    assert list(state_durations(facts, NOW)) == found


@pytest.mark.parametrize(
    ("ago", "seconds"), [(0, 0), (999_999, 0), (1_000_000, 1), (1_999_999, 1), (-5_000_000, 0)]
)
def test_a_visit_is_counted_in_whole_elapsed_seconds(ago: int, seconds: int) -> None:
    facts = deal(state_since=NOW - timedelta(microseconds=ago))

    assert state_durations(facts, NOW) == (StateDuration(S.LEAD, seconds, seconds, 1),)


@pytest.mark.parametrize(
    ("transitions", "days"),
    [
        ((), 1),
        ((QUALIFIED, BACK, QUALIFIED), 3),
        ((QUALIFIED, BACK, QUALIFIED, BACK, QUALIFIED), 5),
        ((QUALIFIED, LOST, REOPENED, QUALIFIED), 1),
        ((QUALIFIED, BACK, QUALIFIED, LOST, REOPENED, QUALIFIED, BACK, QUALIFIED), 3),
        ((QUALIFIED, LOST, REOPENED, QUALIFIED, BACK, QUALIFIED, LOST, REOPENED, QUALIFIED), 1),
    ],
)
def test_the_age_of_a_state_is_all_visits_since_the_last_reopen(
    transitions: tuple[TransitionFacts, ...], days: int
) -> None:
    facts = deal(state=S.QUALIFIED, transitions=transitions, state_since=NOW - timedelta(days=1))

    assert state_age(facts, NOW) == timedelta(days=days)


def test_a_clock_ahead_never_reduces_the_state_age() -> None:
    assert state_age(deal(state_since=NOW + timedelta(seconds=5)), NOW) == timedelta(0)
