"""Slippage: each change of a deal is in one column of the bridge, and the columns add up."""

from dataclasses import replace
from typing import Any

import pytest

from workflow.rules.enums import OpportunityState, SlipReason
from workflow.rules.reports.slippage import (
    SlippageFigures,
    SlipReasonFigures,
    SnapshotChange,
    ValueGroup,
    slippage_figures,
)

S = OpportunityState
CHANGE = SnapshotChange(
    before=ValueGroup(100, "EUR"),
    after=ValueGroup(100, "EUR"),
    count=1,
    state=S.PROGRESSING,
    was_open=True,
    was_due=True,
    is_due=True,
    stays_in=True,
    first=False,
    opening=False,
    last=False,
    reason=None,
)
OPENING: dict[str, Any] = {"first": True, "opening": True}  # Any: fields of several types
COLUMNS = ("opening", "created", "reopened", "increased", "pulled_in", "decreased", "pushed_out")


def base(group: ValueGroup) -> int:
    """Convert at a rate of 1."""
    return group.minor * group.times


def bridge(*changes: SnapshotChange, closing_rate: int = 1) -> SlippageFigures:
    """Return the bridge of some changes."""
    return slippage_figures(
        changes, opening_rates=base, closing_rates=lambda group: base(group) * closing_rate
    )


def columns(figures: SlippageFigures) -> dict[str, int]:
    """Return the columns that are not 0, except for the closing value."""
    names = (*COLUMNS, "revalued", "won", "lost", "disqualified")
    return {name: getattr(figures, name) for name in names if getattr(figures, name)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (OPENING, {"opening": 100}),
        ({**OPENING, "is_due": False}, {}),
        ({"first": True}, {"created": 100}),
        ({"first": True, "is_due": False}, {}),
        ({"was_open": False, "was_due": False}, {"reopened": 100}),
        ({"was_open": False, "was_due": False, "is_due": False}, {}),
        ({"after": ValueGroup(130, "EUR")}, {"increased": 30}),
        ({"after": ValueGroup(60, "EUR")}, {"decreased": 40}),
        ({}, {}),
        ({"was_due": False}, {"pulled_in": 100}),
        ({"is_due": False, "stays_in": False}, {"pushed_out": 100}),
        ({"is_due": False, "state": S.WON}, {"won": 100}),
        ({"is_due": False, "state": S.LOST}, {"lost": 100}),
        ({"is_due": False, "state": S.DISQUALIFIED}, {"disqualified": 100}),
        ({"is_due": False, "state": S.WON, "after": ValueGroup(150, "EUR")}, {"increased": 50, "won": 150}),
        (
            {"is_due": False, "state": S.LOST, "after": ValueGroup(150, "EUR"), "stays_in": False},
            {"lost": 100},
        ),
        ({"was_due": False, "is_due": False, "state": S.WON}, {}),
    ],
)
def test_each_change_is_in_its_column(changes: dict[str, Any], expected: dict[str, int]) -> None:
    assert columns(bridge(replace(CHANGE, **changes))) == expected


def test_deals_that_changed_alike_count_together() -> None:
    figures = bridge(replace(CHANGE, **OPENING, after=ValueGroup(100, "EUR", 3)))

    assert figures.opening == 300


def test_the_last_change_of_a_deal_that_is_due_closes_the_bridge_at_the_rates_of_the_end() -> None:
    opening = replace(CHANGE, **OPENING)
    raised = replace(CHANGE, after=ValueGroup(130, "EUR"), last=True)

    figures = bridge(opening, raised, closing_rate=2)

    assert (figures.opening, figures.increased, figures.revalued, figures.closing) == (100, 30, 130, 260)


def test_the_columns_add_up_to_the_closing_value() -> None:
    figures = bridge(
        replace(CHANGE, **OPENING),
        replace(CHANGE, **OPENING),
        replace(CHANGE, after=ValueGroup(70, "EUR"), last=True),
        replace(CHANGE, is_due=False, state=S.WON, last=True),
        replace(CHANGE, was_due=False, last=True),
        closing_rate=3,
    )

    gained = figures.opening + figures.created + figures.reopened + figures.increased
    lost = figures.decreased + figures.pushed_out + figures.lost + figures.disqualified + figures.won
    assert gained + figures.pulled_in + figures.revalued - lost == figures.closing == 510


def test_pushed_deals_are_grouped_by_reason_with_the_highest_value_first() -> None:
    pushed = replace(CHANGE, is_due=False, stays_in=False, reason=SlipReason.BUDGET)
    process = replace(pushed, reason=SlipReason.BUYER_PROCESS, before=ValueGroup(250, "EUR", 2), count=2)
    closed = replace(pushed, state=S.LOST, reason=SlipReason.OTHER)

    figures = bridge(pushed, process, pushed, closed)

    assert figures.reasons == (
        SlipReasonFigures(SlipReason.BUYER_PROCESS, 2, 500),
        SlipReasonFigures(SlipReason.BUDGET, 2, 200),
    )
