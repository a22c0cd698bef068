"""Figures of closed deals by group, and the velocity of open ones."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from workflow.rules.enums import OpportunityState
from workflow.rules.money import round_half_up
from workflow.rules.reports.win_rate import win_rate


@dataclass(frozen=True, slots=True)
class ClosedGroup:
    """Number and total base value of the closed deals of one group in one state."""

    key: str
    label: str
    state: OpportunityState
    count: int
    value: int


@dataclass(frozen=True, slots=True)
class OutcomeFigures:
    """Figures of one group. Money is in minor units of base currency; days are a true median."""

    key: str
    label: str
    won: int
    lost: int
    disqualified: int
    won_value: int
    lost_value: int
    median_days_to_close: float | None

    @property
    def win_rate(self) -> float | None:
        """Return won ÷ (won + lost); None if no deal was decided."""
        return win_rate(self.won, self.lost)


@dataclass(frozen=True, slots=True)
class VelocityFigures:
    """Inputs of the sales velocity. Money is in minor units of base currency; days are those of won deals."""

    open_qualified: int
    win_rate: float | None
    median_won: float | None
    average_won: float | None
    median_cycle_days: float | None

    @property
    def per_day(self) -> int | None:
        """Return open qualified × win rate × average won ÷ median cycle days; None if one is missing."""
        if self.win_rate is None or self.average_won is None or not self.median_cycle_days:
            return None
        pace = self.open_qualified * self.win_rate * self.average_won / self.median_cycle_days
        return round_half_up(Decimal(str(pace)))


def outcome_figures(
    closed_groups: Iterable[ClosedGroup], medians: dict[str, float]
) -> tuple[OutcomeFigures, ...]:
    """Return the figures of each group that has a closed deal, the most decided deals first."""
    groups: defaultdict[str, list[ClosedGroup]] = defaultdict(list)
    for closed_group in closed_groups:
        groups[closed_group.key].append(closed_group)
    rows = [
        _figures(group, key=key, label=group[0].label, median=medians.get(key))
        for key, group in groups.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.won - row.lost, -row.disqualified, row.label, row.key)))


def outcome_total(groups: Iterable[ClosedGroup], median: float | None) -> OutcomeFigures:
    """Return the figures of all closed deals."""
    return _figures(groups, key="TOTAL", label="Total", median=median)


def _figures(groups: Iterable[ClosedGroup], *, key: str, label: str, median: float | None) -> OutcomeFigures:
    count: defaultdict[OpportunityState, int] = defaultdict(int)
    value: defaultdict[OpportunityState, int] = defaultdict(int)
    for group in groups:
        count[group.state] += group.count
        value[group.state] += group.value
    won = OpportunityState.WON
    lost = OpportunityState.LOST
    return OutcomeFigures(
        key=key,
        label=label,
        won=count[won],
        lost=count[lost],
        disqualified=count[OpportunityState.DISQUALIFIED],
        won_value=value[won],
        lost_value=value[lost],
        median_days_to_close=median,
    )
