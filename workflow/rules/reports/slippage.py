"""Figures of slippage: a bridge from the value due at the start of a period to that at its end."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from workflow.rules.enums import OPEN_STATES, OpportunityState, SlipReason


@dataclass(frozen=True, slots=True)
class ValueGroup:
    """An amount in minor units of a currency, several times; `currency` is None for deals without a value."""

    minor: int
    currency: str | None
    times: int = 1


@dataclass(frozen=True, slots=True)
class SnapshotChange:
    """Equal changes of several deals, from one snapshot to the next.

    A deal is due if it is open and expected to close in the period. `first` marks the first snapshot: before
    the period (`opening`), or when the deal was created in it. `last` marks the last change in the period.
    `stays_in` is True if the expected close date is in the period after the change.
    """

    before: ValueGroup
    after: ValueGroup
    count: int
    state: OpportunityState
    was_open: bool
    was_due: bool
    is_due: bool
    stays_in: bool
    first: bool
    opening: bool
    last: bool
    reason: SlipReason | None


@dataclass(frozen=True, slots=True)
class SlipReasonFigures:
    """Deals that were pushed out of the period for one reason. Money is in minor units of base currency."""

    reason: SlipReason
    count: int
    value: int


@dataclass(slots=True)
class SlippageFigures:
    """Columns of the bridge.

    opening + created + reopened + increased + pulled in + revalued
    − decreased − pushed out − lost − disqualified − won = closing.
    """

    opening: int = 0
    created: int = 0
    reopened: int = 0
    increased: int = 0
    pulled_in: int = 0
    revalued: int = 0
    decreased: int = 0
    pushed_out: int = 0
    lost: int = 0
    disqualified: int = 0
    won: int = 0
    closing: int = 0
    reasons: tuple[SlipReasonFigures, ...] = field(default=())


ToBase = Callable[[ValueGroup], int]


def slippage_figures(
    changes: Iterable[SnapshotChange], *, opening_rates: ToBase, closing_rates: ToBase
) -> SlippageFigures:
    """Return the bridge at the rates of the first day; `revalued` is the effect of the rates at the end."""
    figures = SlippageFigures()
    pushed: defaultdict[SlipReason, list[int]] = defaultdict(lambda: [0, 0])
    for change in changes:
        _add_change(figures, change, opening_rates)
        if change.last and change.is_due:
            figures.closing += closing_rates(change.after)
            figures.revalued += closing_rates(change.after) - opening_rates(change.after)
        if change.reason is not None and _is_pushed_out(change):
            pushed[change.reason][0] += change.count
            pushed[change.reason][1] += opening_rates(change.before)
    rows = (SlipReasonFigures(reason, count, value) for reason, (count, value) in pushed.items())
    figures.reasons = tuple(sorted(rows, key=lambda row: (-row.value, -row.count, row.reason)))
    return figures


def _add_change(figures: SlippageFigures, change: SnapshotChange, to_base: ToBase) -> None:
    """Add a change to its column; a close with a changed value also counts as an increase or decrease."""
    before = to_base(change.before)
    after = to_base(change.after)
    if change.first:
        figures.opening += after if change.opening and change.is_due else 0
        figures.created += after if not change.opening and change.is_due else 0
    elif not change.was_open:
        figures.reopened += after if change.is_due else 0
    elif change.was_due and change.is_due:
        _add_difference(figures, after - before)
    elif change.is_due:
        figures.pulled_in += after
    elif _is_pushed_out(change):
        figures.pushed_out += before
    elif change.was_due:
        # A close on a date outside of the period takes its old value out of the period.
        close_value = after if change.stays_in else before
        _add_difference(figures, close_value - before)
        _add_close(figures, change.state, close_value)


def _is_pushed_out(change: SnapshotChange) -> bool:
    """Return True if an open deal is no longer expected to close in the period."""
    return not change.first and change.was_due and not change.is_due and change.state in OPEN_STATES


def _add_difference(figures: SlippageFigures, by: int) -> None:
    figures.increased += max(by, 0)
    figures.decreased += max(-by, 0)


def _add_close(figures: SlippageFigures, state: OpportunityState, value: int) -> None:
    figures.won += value if state is OpportunityState.WON else 0
    figures.lost += value if state is OpportunityState.LOST else 0
    figures.disqualified += value if state is OpportunityState.DISQUALIFIED else 0
