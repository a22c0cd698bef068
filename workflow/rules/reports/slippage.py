"""How what was due in a period became what is due at its end: each dated change of each deal falls into one column of a bridge."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from workflow.rules.enums import OPEN_STATES, OpportunityState, SlipReason


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units of a currency, so many times; of no currency where nothing is valued."""

    minor: int
    currency: str | None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """Changes of one kind, or with `first` how deals stood first: before the period (`opening`) or when they were made in it.

    Due is what is open and expected to close in the period. `stays_in`: the expected close date lies in it after the change.
    `last`: nothing came after it in the period.
    """

    before: Amount
    after: Amount
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
    """Deals that were pushed out of the period for one reason; money in minor units of base currency."""

    reason: SlipReason
    count: int
    value: int


@dataclass(slots=True)
class Slippage:
    """opening + created + reopened + increased + pulled in + revalued − decreased − pushed out − lost − disqualified − won = closing."""

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


Worth = Callable[[Amount], int]


def slippage(steps: Iterable[Step], *, at_first: Worth, at_last: Worth) -> Slippage:
    """The bridge, all changes at the rates of the period's first day; what other rates at its end make of it is `revalued`."""
    bridge, pushed = Slippage(), defaultdict[SlipReason, list[int]](lambda: [0, 0])
    for step in steps:
        _walk(bridge, step, at_first)
        if step.last and step.is_due:
            bridge.closing += at_last(step.after)
            bridge.revalued += at_last(step.after) - at_first(step.after)
        if step.reason is not None and _leaves(step):
            pushed[step.reason][0] += step.count
            pushed[step.reason][1] += at_first(step.before)
    rows = (SlipReasonFigures(reason, count, value) for reason, (count, value) in pushed.items())
    bridge.reasons = tuple(sorted(rows, key=lambda row: (-row.value, -row.count, row.reason)))
    return bridge


def _walk(bridge: Slippage, step: Step, worth: Worth) -> None:
    """Put the steps into their columns; a close with another value changes that first."""
    before, after = worth(step.before), worth(step.after)
    if step.first:
        bridge.opening += after if step.opening and step.is_due else 0
        bridge.created += after if not step.opening and step.is_due else 0
    elif not step.was_open:
        bridge.reopened += after if step.is_due else 0
    elif step.was_due and step.is_due:
        _grow(bridge, after - before)
    elif step.is_due:
        bridge.pulled_in += after
    elif _leaves(step):
        bridge.pushed_out += before
    elif step.was_due:
        out = after if step.stays_in else before
        _grow(bridge, out - before)
        _close(bridge, step.state, out)


def _leaves(step: Step) -> bool:
    """An open deal is not expected in the period any more."""
    return not step.first and step.was_due and not step.is_due and step.state in OPEN_STATES


def _grow(bridge: Slippage, by: int) -> None:
    bridge.increased += max(by, 0)
    bridge.decreased += max(-by, 0)


def _close(bridge: Slippage, state: OpportunityState, value: int) -> None:
    bridge.won += value if state is OpportunityState.WON else 0
    bridge.lost += value if state is OpportunityState.LOST else 0
    bridge.disqualified += value if state is OpportunityState.DISQUALIFIED else 0
