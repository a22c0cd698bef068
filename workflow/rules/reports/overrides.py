"""Figures from plain rows: what was overridden, by whom, and what became of those deals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from workflow.rules.enums import OPEN_STATES, OpportunityState, OverrideGrouping
from workflow.rules.reports.win_rate import win_rate


@dataclass(frozen=True, slots=True)
class OverrideMade:
    """One override: on which deal and where that deal stands now, whose gate was passed, by whom, and whether it is owed still."""

    opportunity_id: UUID
    state: OpportunityState
    process_key: str
    process_name: str
    member_id: UUID | None
    member_name: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class OverrideFigures:
    """Overrides of one group; deals are counted once however often they were let through."""

    key: str
    label: str
    overrides: int
    owed: int
    opportunities: int
    won: int
    lost: int
    disqualified: int
    still_open: int
    member_id: UUID | None = None

    @property
    def win_rate(self) -> float | None:
        """won ÷ (won + lost); None where nothing was decided."""
        return win_rate(self.won, self.lost)


def override_figures(overrides: Iterable[OverrideMade], by: OverrideGrouping) -> tuple[OverrideFigures, ...]:
    """A row for each group that has an override, the most overrides first."""
    groups: defaultdict[object, list[OverrideMade]] = defaultdict(list)
    for one in overrides:
        groups[one.process_key if by is OverrideGrouping.PROCESS else one.member_id].append(one)
    rows = [_row(group, by) for group in groups.values()]
    return tuple(sorted(rows, key=lambda row: (-row.overrides, row.label, row.key)))


def override_total(overrides: Sequence[OverrideMade]) -> OverrideFigures:
    """All overrides together."""
    return _figures(overrides, key="TOTAL", label="Total")


def _row(group: Sequence[OverrideMade], by: OverrideGrouping) -> OverrideFigures:
    last = group[-1]
    if by is OverrideGrouping.PROCESS:
        return _figures(group, key=last.process_key, label=last.process_name)
    return _figures(group, key=str(last.member_id), label=last.member_name, member_id=last.member_id)


def _figures(group: Sequence[OverrideMade], *, key: str, label: str, member_id: UUID | None = None) -> OverrideFigures:
    states = {one.opportunity_id: one.state for one in group}.values()
    counted = {state: sum(one is state for one in states) for state in OpportunityState}
    return OverrideFigures(
        key=key,
        label=label,
        overrides=len(group),
        owed=sum(one.is_open for one in group),
        opportunities=len(states),
        won=counted[OpportunityState.WON],
        lost=counted[OpportunityState.LOST],
        disqualified=counted[OpportunityState.DISQUALIFIED],
        still_open=sum(counted[state] for state in OPEN_STATES),
        member_id=member_id,
    )
