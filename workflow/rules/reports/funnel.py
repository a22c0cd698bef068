"""How far deals come: of those that entered a state in a period, what each came to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from workflow.rules.enums import OpportunityState

STEPS = (OpportunityState.LEAD, OpportunityState.QUALIFIED, OpportunityState.PROGRESSING, OpportunityState.WON)


class Fate(StrEnum):
    """What a deal came to after it entered a state; each deal has one."""

    PROGRESSED = "PROGRESSED"
    LOST = "LOST"
    DISQUALIFIED = "DISQUALIFIED"
    STILL_OPEN = "STILL_OPEN"


@dataclass(frozen=True, slots=True)
class Entered:
    """Deals that entered a state in the period and came to one fate; by an override or not."""

    state: OpportunityState
    fate: Fate
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


def funnel(entered: Iterable[Entered], medians: Mapping[OpportunityState, float]) -> tuple[FunnelFigures, ...]:
    """A step for each state on the way to WON, in its order."""
    groups = list(entered)
    return tuple(_step(state, [one for one in groups if one.state is state], medians.get(state)) for state in STEPS)


def _step(state: OpportunityState, entered: list[Entered], median: float | None) -> FunnelFigures:
    fates = {fate: sum(one.count for one in entered if one.fate is fate) for fate in Fate}
    return FunnelFigures(
        state=state,
        entered=sum(one.count for one in entered),
        progressed=fates[Fate.PROGRESSED],
        lost=fates[Fate.LOST],
        disqualified=fates[Fate.DISQUALIFIED],
        still_open=fates[Fate.STILL_OPEN],
        overridden=sum(one.count for one in entered if one.overridden),
        median_days=median,
    )
