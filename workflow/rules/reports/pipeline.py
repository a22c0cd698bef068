"""What stands open: counted, summed and weighted by group, from deals that the database has put together by all that weighs alike."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from workflow.rules.enums import ForecastCategory
from workflow.rules.money import round_half_up


@dataclass(frozen=True, slots=True)
class PipelineGroup:
    """Open deals of one group with one probability: their number, base value, health and the seconds since they were made, summed."""

    key: str
    label: str
    probability: float
    category: ForecastCategory
    proposed: bool
    count: int
    value: int
    health: int
    evaluated: int
    seconds: int

    @property
    def weight(self) -> Decimal:
        """The chance by which the value counts: none of what is omitted or proposed to be stopped."""
        omitted = self.category is ForecastCategory.OMITTED or self.proposed
        return Decimal(0) if omitted else Decimal(str(self.probability))


@dataclass(frozen=True, slots=True)
class PipelineFigures:
    """One group of open deals; money in minor units of base currency."""

    key: str
    label: str
    count: int
    value: int
    weighted: int
    average_health: float | None
    average_age_days: float | None


def pipeline_figures(open_groups: Iterable[PipelineGroup]) -> tuple[PipelineFigures, ...]:
    """A row for each group with a deal in it, the greatest value first."""
    groups: defaultdict[str, list[PipelineGroup]] = defaultdict(list)
    for one in open_groups:
        groups[one.key].append(one)
    rows = [pipeline_total(group, key=key, label=group[0].label) for key, group in groups.items()]
    return tuple(sorted(rows, key=lambda row: (-row.value, -row.count, row.label, row.key)))


def pipeline_total(groups: Sequence[PipelineGroup], *, key: str = "TOTAL", label: str = "Total") -> PipelineFigures:
    """All of them together; rounded once, at the end."""
    count, evaluated = sum(one.count for one in groups), sum(one.evaluated for one in groups)
    return PipelineFigures(
        key=key,
        label=label,
        count=count,
        value=sum(one.value for one in groups),
        weighted=round_half_up(sum((one.value * one.weight for one in groups), Decimal(0))),
        average_health=sum(one.health for one in groups) / evaluated if evaluated else None,
        average_age_days=sum(one.seconds for one in groups) / count / 86_400 if count else None,
    )


def pipeline_coverage(open_value: int, target: int | None, won: int) -> float | None:
    """open ÷ (target − won): how often what is open covers what is still to be won; None without a target, and where it is met."""
    remaining = None if target is None else target - won
    return open_value / remaining if remaining is not None and remaining > 0 else None
