"""Figures of closed deals by group, and the velocity of open ones."""

from dataclasses import replace

import pytest

from workflow.rules.enums import OpportunityState
from workflow.rules.reports.outcomes import ClosedGroup, VelocityFigures, outcome_figures, outcome_total

WON = OpportunityState.WON
LOST = OpportunityState.LOST
DISQUALIFIED = OpportunityState.DISQUALIFIED
GROUPS = [
    ClosedGroup("fair", "Trade fair", WON, 2, 900),
    ClosedGroup("fair", "Trade fair", LOST, 1, 400),
    ClosedGroup("web", "Website", DISQUALIFIED, 5, 700),
    ClosedGroup("mail", "E-mail", LOST, 2, 100),
]
PACE = VelocityFigures(10, 0.5, 900.0, 1000.0, 40.0)


def test_each_group_has_a_row_with_the_most_decided_deals_first() -> None:
    rows = outcome_figures(GROUPS, {"fair": 30.5})

    assert [(row.key, row.won, row.lost, row.disqualified) for row in rows] == [
        ("fair", 2, 1, 0),
        ("mail", 0, 2, 0),
        ("web", 0, 0, 5),
    ]
    assert [row.median_days_to_close for row in rows] == [30.5, None, None]


def test_disqualified_deals_count_in_no_value_and_in_no_win_rate() -> None:
    total = outcome_total(GROUPS, 20.0)

    assert (total.won_value, total.lost_value, total.disqualified) == (900, 500, 5)
    assert total.win_rate == 0.4
    assert outcome_total(GROUPS[2:3], None).win_rate is None


def test_groups_with_equal_numbers_are_ordered_by_label() -> None:
    groups = [
        ClosedGroup("2", "B", WON, 1, 1),
        ClosedGroup("1", "A", WON, 1, 1),
        ClosedGroup("0", "B", WON, 1, 1),
    ]

    assert [row.key for row in outcome_figures(groups, {})] == ["1", "0", "2"]


def test_velocity_is_value_won_per_day() -> None:
    assert PACE.per_day == 125


@pytest.mark.parametrize(
    "pace",
    [
        replace(PACE, win_rate=None),
        replace(PACE, average_won=None),
        replace(PACE, median_cycle_days=None),
        replace(PACE, median_cycle_days=0.0),
    ],
)
def test_velocity_is_unknown_without_won_deals_or_with_a_cycle_of_0_days(pace: VelocityFigures) -> None:
    assert pace.per_day is None


def test_velocity_is_0_without_qualified_deals() -> None:
    assert replace(PACE, open_qualified=0).per_day == 0
