"""How far deals come: of those that entered a state in a period, what each came to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from workflow.rules.enums import OpportunityState

FUNNEL_STATES = (OpportunityState.LEAD, OpportunityState.QUALIFIED, OpportunityState.PROGRESSING, OpportunityState.WON)


class FunnelOutcome(StrEnum):
    """What a deal came to after it entered a state; each deal has one."""

    PROGRESSED = "PROGRESSED"
    LOST = "LOST"
    DISQUALIFIED = "DISQUALIFIED"
    STILL_OPEN = "STILL_OPEN"


@dataclass(frozen=True, slots=True)
class CohortGroup:
    """Deals that entered a state in the period and came to one fate; by an override or not."""

    state: OpportunityState
    outcome: FunnelOutcome
    overridden: bool
    count: int


@dataclass(frozen=True, slots=True)
class FunnelFigures:
    """One state: entered = progressed + lost + disqualified + still open; days there as a true median of the stays that ended."""

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
        """progressed ÷ entered; None where nothing entered."""
        return self.progressed / self.entered if self.entered else None


def funnel_figures(
    cohorts: Iterable[CohortGroup], medians: Mapping[OpportunityState, float]
) -> tuple[FunnelFigures, ...]:
    """A step for each state on the way to WON, in its order."""
    groups = list(cohorts)
    return tuple(
        _figures(state, [one for one in groups if one.state is state], medians.get(state)) for state in FUNNEL_STATES
    )


def _figures(state: OpportunityState, groups: list[CohortGroup], median: float | None) -> FunnelFigures:
    counts = {fate: sum(one.count for one in groups if one.outcome is fate) for fate in FunnelOutcome}
    return FunnelFigures(
        state=state,
        entered=sum(one.count for one in groups),
        progressed=counts[FunnelOutcome.PROGRESSED],
        lost=counts[FunnelOutcome.LOST],
        disqualified=counts[FunnelOutcome.DISQUALIFIED],
        still_open=counts[FunnelOutcome.STILL_OPEN],
        overridden=sum(one.count for one in groups if one.overridden),
        median_days=median,
    )
