"""Figures of overrides by process or member, and the outcomes of their deals."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from workflow.rules.enums import OPEN_STATES, OpportunityState, OverrideGrouping
from workflow.rules.reports.win_rate import win_rate


@dataclass(frozen=True, slots=True)
class OverrideMade:
    """One override, with its deal's current state and its process; `is_open` until it is met."""

    opportunity_id: UUID
    state: OpportunityState
    process_key: str
    process_name: str
    member_id: UUID | None
    member_name: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class OverrideFigures:
    """Figures of one group of overrides; a deal counts once, however many overrides it has."""

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
        """Return won ÷ (won + lost); None if no deal was decided."""
        return win_rate(self.won, self.lost)


def override_figures(overrides: Iterable[OverrideMade], by: OverrideGrouping) -> tuple[OverrideFigures, ...]:
    """Return the figures of each group, the most overrides first."""
    groups: defaultdict[object, list[OverrideMade]] = defaultdict(list)
    for override in overrides:
        groups[override.process_key if by is OverrideGrouping.PROCESS else override.member_id].append(
            override
        )
    rows = [_row(group, by) for group in groups.values()]
    return tuple(sorted(rows, key=lambda row: (-row.overrides, row.label, row.key)))


def override_total(overrides: Sequence[OverrideMade]) -> OverrideFigures:
    """Return the figures of all overrides."""
    return _figures(overrides, key="TOTAL", label="Total")


def _row(group: Sequence[OverrideMade], by: OverrideGrouping) -> OverrideFigures:
    # Overrides come oldest first, so that the last one has the newest name.
    last = group[-1]
    if by is OverrideGrouping.PROCESS:
        return _figures(group, key=last.process_key, label=last.process_name)
    return _figures(group, key=str(last.member_id), label=last.member_name, member_id=last.member_id)


def _figures(
    group: Sequence[OverrideMade], *, key: str, label: str, member_id: UUID | None = None
) -> OverrideFigures:
    states = {override.opportunity_id: override.state for override in group}.values()
    counts = Counter(states)
    return OverrideFigures(
        key=key,
        label=label,
        overrides=len(group),
        owed=sum(override.is_open for override in group),
        opportunities=len(states),
        won=counts[OpportunityState.WON],
        lost=counts[OpportunityState.LOST],
        disqualified=counts[OpportunityState.DISQUALIFIED],
        still_open=sum(counts[state] for state in OPEN_STATES),
        member_id=member_id,
    )
