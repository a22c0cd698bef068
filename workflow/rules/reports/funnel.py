"""Figures of the funnel: the outcomes of the deals that entered each state in a period."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from workflow.rules.enums import OpportunityState

FUNNEL_STATES = (
    OpportunityState.LEAD,
    OpportunityState.QUALIFIED,
    OpportunityState.PROGRESSING,
    OpportunityState.WON,
)


class FunnelOutcome(StrEnum):
    """Outcome of a deal after it entered a state; each deal has exactly one."""

    PROGRESSED = "PROGRESSED"
    LOST = "LOST"
    DISQUALIFIED = "DISQUALIFIED"
    STILL_OPEN = "STILL_OPEN"


@dataclass(frozen=True, slots=True)
class CohortGroup:
    """Number of deals that entered a state in the period, by outcome and by use of an override."""

    state: OpportunityState
    outcome: FunnelOutcome
    overridden: bool
    count: int


@dataclass(frozen=True, slots=True)
class FunnelFigures:
    """Figures of one state; `median_days` is the true median of the visits that ended."""

    state: OpportunityState
    entered: int
    progressed: int
    lost: int
    disqualified: int
    still_open: int
    overridden: int
    median_days: float | None

    @property
    def conversion(self) -> float | None:
        """Return progressed ÷ entered; None if no deal entered."""
        return self.progressed / self.entered if self.entered else None


def funnel_figures(
    cohorts: Iterable[CohortGroup], medians: Mapping[OpportunityState, float]
) -> tuple[FunnelFigures, ...]:
    """Return the figures of each state from LEAD to WON, in order."""
    groups = list(cohorts)
    return tuple(
        _figures(state, [group for group in groups if group.state is state], medians.get(state))
        for state in FUNNEL_STATES
    )


def _figures(state: OpportunityState, groups: list[CohortGroup], median: float | None) -> FunnelFigures:
    counts = {
        outcome: sum(group.count for group in groups if group.outcome is outcome) for outcome in FunnelOutcome
    }
    return FunnelFigures(
        state=state,
        entered=sum(group.count for group in groups),
        progressed=counts[FunnelOutcome.PROGRESSED],
        lost=counts[FunnelOutcome.LOST],
        disqualified=counts[FunnelOutcome.DISQUALIFIED],
        still_open=counts[FunnelOutcome.STILL_OPEN],
        overridden=sum(group.count for group in groups if group.overridden),
        median_days=median,
    )
