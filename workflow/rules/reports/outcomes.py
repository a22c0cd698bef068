"""What became of deals: won, lost and disqualified by group, and how fast what is open turns into money."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from workflow.rules.enums import OpportunityState
from workflow.rules.money import round_half_up
from workflow.rules.reports.win_rate import win_rate


@dataclass(frozen=True, slots=True)
class ClosedGroup:
    """Closed deals of one group in one state: their number and their base value, summed."""

    key: str
    label: str
    state: OpportunityState
    count: int
    value: int


@dataclass(frozen=True, slots=True)
class OutcomeFigures:
    """One group of closed deals; money in minor units of base currency, days to close as a true median over won and lost."""

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
        """won ÷ (won + lost); None where nothing was decided."""
        return win_rate(self.won, self.lost)


@dataclass(frozen=True, slots=True)
class VelocityFigures:
    """How fast money comes; in minor units of base currency, days as true medians over what was won."""

    open_qualified: int
    win_rate: float | None
    median_won: float | None
    average_won: float | None
    median_cycle_days: float | None

    @property
    def per_day(self) -> int | None:
        """open qualified × win rate × average won value ÷ median cycle days; None where one is unknown or the cycle takes no day."""
        if self.win_rate is None or self.average_won is None or not self.median_cycle_days:
            return None
        pace = self.open_qualified * self.win_rate * self.average_won / self.median_cycle_days
        return round_half_up(Decimal(str(pace)))


def outcome_figures(closed_groups: Iterable[ClosedGroup], medians: dict[str, float]) -> tuple[OutcomeFigures, ...]:
    """A row for each group with a closed deal, the most that were decided first."""
    groups: defaultdict[str, list[ClosedGroup]] = defaultdict(list)
    for one in closed_groups:
        groups[one.key].append(one)
    rows = [_figures(group, key=key, label=group[0].label, median=medians.get(key)) for key, group in groups.items()]
    return tuple(sorted(rows, key=lambda row: (-row.won - row.lost, -row.disqualified, row.label, row.key)))


def outcome_total(groups: Iterable[ClosedGroup], median: float | None) -> OutcomeFigures:
    """All closed deals together, each once."""
    return _figures(groups, key="TOTAL", label="Total", median=median)


def _figures(groups: Iterable[ClosedGroup], *, key: str, label: str, median: float | None) -> OutcomeFigures:
    count: defaultdict[OpportunityState, int] = defaultdict(int)
    value: defaultdict[OpportunityState, int] = defaultdict(int)
    for one in groups:
        count[one.state] += one.count
        value[one.state] += one.value
    won, lost = OpportunityState.WON, OpportunityState.LOST
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
