"""The pipeline of random histories, each figure compared to the cent with an independent computation."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from tests.support.scenarios.histories import (
    CATEGORY,
    OPEN,
    PERIODS,
    PROBABILITY,
    History,
    PastState,
    base_value,
    end_of,
    within,
)
from tests.support.team import SalesTeam
from workflow.models.engine.database import fetch
from workflow.queries.integrity import BROKEN_SNAPSHOTS
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.people.people import OrganizationRow
from workflow.queries.reports.pipeline import AsOf, as_of, open_deals, won_value
from workflow.rules.enums import OpportunityState, PipelineGrouping
from workflow.rules.reports.pipeline import pipeline_figures, pipeline_total

S = OpportunityState
ALL = OpportunityFilter()
TODAY = date(2027, 6, 1)
DAYS = [date(2026, 1, 20) + timedelta(days=17 * number) for number in range(12)]


def organization_as_of(own: OrganizationRow, day: date | None = None) -> AsOf:
    """Return the moment of a report: the end of a day, or a time after all histories."""
    return as_of(day, own, end_of(TODAY), TODAY)


async def test_the_snapshots_of_every_deal_are_consecutive_up_to_its_current_state(
    team: SalesTeam, deal_histories: list[History]
) -> None:
    rows = [
        row
        for row in await fetch(BROKEN_SNAPSHOTS)
        if str(row["organization_id"]) == str(team.organization.id)
    ]
    kept = await fetch(
        "SELECT opportunity_id, COUNT(*) AS n FROM snapshot WHERE organization_id = $1 GROUP BY 1",
        team.organization.id,
    )

    assert rows == []
    counts = {str(row["opportunity_id"]): row["n"] for row in kept}
    assert {str(one.id): counts[str(one.id)] for one in deal_histories} == {
        str(one.id): _count_changes(one) for one in deal_histories
    }


def _count_changes(history: History) -> int:
    """Count the changes of a history; a transition always changes the state."""
    counted = [
        (
            one.state,
            one.owner,
            one.minor,
            one.currency if one.minor is not None else None,
            one.day,
            one.closed_on,
        )
        for one in history.states
    ]
    return 1 + sum(before != after for before, after in pairwise(counted))


@pytest.mark.parametrize("by", [PipelineGrouping.STATE, PipelineGrouping.OWNER, PipelineGrouping.CLOSE_MONTH])
async def test_the_pipeline_as_of_any_day_matches_the_histories(
    team: SalesTeam, deal_histories: list[History], organization_row: OrganizationRow, by: PipelineGrouping
) -> None:
    for day in DAYS:
        open_then = [
            one for history in deal_histories if (one := history.at(end_of(day))) and one.state in OPEN
        ]
        found = pipeline_figures(
            await open_deals(
                team.organization.ctx.viewer,
                ALL,
                by,
                organization_row,
                organization_as_of(organization_row, day),
            )
        )

        groups = Counter(_group(one, by) for one in open_then)
        assert sorted(row.count for row in found) == sorted(groups.values()), day
        value = sum(base_value(one.minor, one.currency, day) for one in open_then)
        total = pipeline_total(
            await open_deals(
                team.organization.ctx.viewer,
                ALL,
                by,
                organization_row,
                organization_as_of(organization_row, day),
            )
        )
        assert (total.count, total.value, total.weighted) == (
            len(open_then),
            value,
            _weighted(open_then, day),
        )


def _group(one: PastState, by: PipelineGrouping) -> str:
    month = "" if one.day is None else f"{one.day:%Y-%m}"
    return {PipelineGrouping.STATE: one.state, PipelineGrouping.OWNER: one.owner}.get(by, month)


def _weighted(open_then: Iterable[PastState], day: date) -> int:
    sums = (
        Decimal(base_value(one.minor, one.currency, day)) * Decimal(PROBABILITY[one.state])
        for one in open_then
        if CATEGORY[one.state] != "OMITTED"
    )
    return int(sum(sums, Decimal(0)).quantize(Decimal(1), "ROUND_HALF_UP"))


async def test_the_forecast_of_a_period_matches_the_histories(
    team: SalesTeam, deal_histories: list[History], organization_row: OrganizationRow
) -> None:
    viewer = team.organization.ctx.viewer
    by = PipelineGrouping.FORECAST_CATEGORY
    for period in PERIODS:
        for day in (*DAYS[::4], None):
            on = day or TODAY
            of = organization_as_of(organization_row, day)
            rows = pipeline_figures(await open_deals(viewer, ALL, by, organization_row, of, within=period))
            then = [(history.at(end_of(on)), history) for history in deal_histories]
            expected: Counter[str] = Counter()
            for one, _ in then:
                if one and one.state in OPEN and within(one.day, period):
                    expected[CATEGORY[one.state]] += base_value(one.minor, one.currency, on)
            assert {row.key: row.value for row in rows if row.value} == {
                key: sum for key, sum in expected.items() if sum
            }
            sold = sum(
                base_value(one.minor, one.currency, one.closed_on)
                for one, _ in then
                if one and one.state is S.WON and one.closed_on and within(one.closed_on, period)
            )
            assert await won_value(viewer, ALL, period, of) == sold
