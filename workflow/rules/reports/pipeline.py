"""Figures of open deals by group, from rows that the database has already grouped by probability."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from workflow.rules.enums import ForecastCategory
from workflow.rules.money import round_half_up


@dataclass(frozen=True, slots=True)
class PipelineGroup:
    """Open deals of one group with one probability: their number, and sums of value, health and age."""

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
        """Return the factor of the value: 0 for deals that are omitted or proposed for disqualification."""
        omitted = self.category is ForecastCategory.OMITTED or self.proposed
        # By way of the text: Decimal(0.1) has 55 digits.
        return Decimal(0) if omitted else Decimal(str(self.probability))


@dataclass(frozen=True, slots=True)
class PipelineFigures:
    """Figures of one group of open deals. Money is in minor units of base currency."""

    key: str
    label: str
    count: int
    value: int
    weighted: int
    average_health: float | None
    average_age_days: float | None


def pipeline_figures(open_groups: Iterable[PipelineGroup]) -> tuple[PipelineFigures, ...]:
    """Return the figures of each group, the highest value first."""
    groups: defaultdict[str, list[PipelineGroup]] = defaultdict(list)
    for open_group in open_groups:
        groups[open_group.key].append(open_group)
    rows = [pipeline_total(group, key=key, label=group[0].label) for key, group in groups.items()]
    return tuple(sorted(rows, key=lambda row: (-row.value, -row.count, row.label, row.key)))


def pipeline_total(
    groups: Sequence[PipelineGroup], *, key: str = "TOTAL", label: str = "Total"
) -> PipelineFigures:
    """Return the figures of several groups together."""
    count = sum(group.count for group in groups)
    evaluated = sum(group.evaluated for group in groups)
    weighted = sum((group.value * group.weight for group in groups), Decimal(0))
    return PipelineFigures(
        key=key,
        label=label,
        count=count,
        value=sum(group.value for group in groups),
        weighted=round_half_up(weighted),  # once, at the end: the parts would add up to another sum
        average_health=sum(group.health for group in groups) / evaluated if evaluated else None,
        average_age_days=sum(group.seconds for group in groups) / count / 86_400 if count else None,
    )


def pipeline_coverage(open_value: int, target: int | None, won: int) -> float | None:
    """Return open ÷ (target − won); None without a target, or if the target is met."""
    remaining = None if target is None else target - won
    return open_value / remaining if remaining is not None and remaining > 0 else None
