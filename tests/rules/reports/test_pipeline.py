"""Figures of open deals by group, and how they cover a target."""

from dataclasses import replace
from decimal import Decimal

import pytest

from workflow.rules.enums import ForecastCategory
from workflow.rules.reports.pipeline import PipelineGroup, pipeline_coverage, pipeline_figures, pipeline_total

BEST_CASE = ForecastCategory.BEST_CASE
OMITTED = ForecastCategory.OMITTED
DEALS = PipelineGroup(
    key="ada",
    label="Ada",
    probability=0.5,
    category=BEST_CASE,
    proposed=False,
    count=2,
    value=1001,
    health=90,
    evaluated=1,
    seconds=4 * 86_400,
)


@pytest.mark.parametrize(
    ("changes", "weight"),
    [({}, "0.5"), ({"category": OMITTED}, "0"), ({"proposed": True}, "0"), ({"probability": 0.1}, "0.1")],
)
def test_omitted_deals_and_those_proposed_for_disqualification_weigh_nothing(
    changes: dict[str, object], weight: str
) -> None:
    assert replace(DEALS, **changes).weight == Decimal(weight)  # type: ignore[arg-type]


def test_weighted_values_are_rounded_once_at_the_end() -> None:
    total = pipeline_total([DEALS, DEALS])

    assert (total.value, total.weighted) == (2002, 1001)
    assert pipeline_total([DEALS]).weighted == 501


def test_averages_count_only_deals_that_have_the_figure() -> None:
    unevaluated = replace(DEALS, health=0, evaluated=0)

    total = pipeline_total([DEALS, unevaluated])

    assert (total.count, total.average_health, total.average_age_days) == (4, 90.0, 2.0)
    assert pipeline_total([unevaluated]).average_health is None
    assert pipeline_total([]).average_age_days is None


def test_groups_are_merged_by_key_and_ordered_by_value() -> None:
    groups = [DEALS, replace(DEALS, key="bob", label="Bob", value=5000), replace(DEALS, probability=0.9)]

    rows = pipeline_figures(groups)

    assert [(row.key, row.count, row.value) for row in rows] == [("bob", 2, 5000), ("ada", 4, 2002)]


@pytest.mark.parametrize(
    ("target", "won", "coverage"),
    [(None, 0, None), (1000, 0, 0.6), (1000, 700, 2.0), (1000, 1000, None), (1000, 1500, None), (0, 0, None)],
)
def test_coverage_is_open_value_by_the_part_of_the_target_that_is_missing(
    target: int | None, won: int, coverage: float | None
) -> None:
    assert pipeline_coverage(600, target, won) == coverage
