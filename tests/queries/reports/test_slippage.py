"""The slippage of random histories: its columns add up, and each matches an independent classification."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from tests.support.scenarios.histories import OPEN, PERIODS, History, PastState, base_value, end_of, within
from tests.support.team import SalesTeam
from workflow.queries.conditions import Days
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.people.people import OrganizationRow
from workflow.queries.reports.opportunity_sql import valuations
from workflow.queries.reports.pipeline import AsOf, as_of, open_deals
from workflow.queries.reports.slippage import snapshot_changes
from workflow.rules.enums import OpportunityState, PipelineGrouping
from workflow.rules.reports.slippage import SlippageFigures, slippage_figures

S = OpportunityState
ALL = OpportunityFilter()
TODAY = date(2027, 6, 1)


def organization_as_of(own: OrganizationRow, day: date | None = None) -> AsOf:
    """Return the moment of a report: the end of a day, or a time after all histories."""
    return as_of(day, own, end_of(TODAY), TODAY)


def start_of(day: date) -> datetime:
    """Return the start of a day."""
    return datetime.combine(day, time.min, UTC)


def value_due(one: PastState | None, period: Days, on: date) -> int:
    """Return the value of an open deal that is due in the period, in euros at the rate of a day; else 0."""
    if one is None or one.state not in OPEN or not within(one.day, period):
        return 0
    return base_value(one.minor, one.currency, on)


async def test_slippage_matches_the_histories_and_adds_up(
    team: SalesTeam, deal_histories: list[History], organization_row: OrganizationRow
) -> None:
    viewer = team.organization.ctx.viewer
    by = PipelineGrouping.STATE
    for period in PERIODS:
        assert period.start and period.end
        before = period.start - timedelta(days=1)
        first, last = await valuations(organization_row, period, TODAY)
        bridge = slippage_figures(
            await snapshot_changes(viewer, ALL, organization_row, period),
            opening_rates=first,
            closing_rates=last,
        )

        opened = await open_deals(
            viewer, ALL, by, organization_row, organization_as_of(organization_row, before), within=period
        )
        closed = await open_deals(
            viewer, ALL, by, organization_row, organization_as_of(organization_row, period.end), within=period
        )
        assert (bridge.opening, bridge.closing) == tuple(
            sum(row.value for row in rows) for rows in (opened, closed)
        )
        added = bridge.created + bridge.reopened + bridge.increased + bridge.pulled_in + bridge.revalued
        removed = bridge.decreased + bridge.pushed_out + bridge.lost + bridge.disqualified + bridge.won
        assert bridge.opening + added - removed == bridge.closing
        assert _columns(bridge) == _expected_columns(deal_histories, period, before)


def _columns(bridge: SlippageFigures) -> dict[str, int]:
    names = (
        "created",
        "reopened",
        "increased",
        "pulled_in",
        "decreased",
        "pushed_out",
        "lost",
        "disqualified",
        "won",
    )
    pushed = {row.reason: row.value for row in bridge.reasons if row.value}
    return {name: getattr(bridge, name) for name in names if getattr(bridge, name)} | pushed


def _expected_columns(deal_histories: list[History], period: Days, rate_of: date) -> dict[str, int]:
    """Classify every change in the period."""
    assert period.start and period.end
    columns: Counter[str] = Counter()
    for history in deal_histories:
        pairs = zip([None, *history.states], history.states, strict=False)
        for before, after in pairs:
            if start_of(period.start) <= after.at <= end_of(period.end):
                for name, value in _column_of(before, after, period, rate_of):
                    columns[name] += value
    return {name: value for name, value in columns.items() if value}


def _column_of(
    before: PastState | None, after: PastState, period: Days, on: date
) -> Iterable[tuple[str, int]]:
    had = value_due(before, period, on)
    has = value_due(after, period, on)
    if before is None:
        return [("created", has)]
    if before.state not in OPEN:
        return [("reopened", has)]
    was_in = within(before.day, period)
    is_in = within(after.day, period)
    if after.state not in OPEN:
        sold = base_value(after.minor, after.currency, on) if was_in else 0
        return [*_value_column(had, sold), (after.state.lower(), sold)]
    if was_in and not is_in:
        return [("pushed_out", had), *([(after.slip, had)] if after.slip else [])]
    return _value_column(had, has) if was_in else [("pulled_in", has)]


def _value_column(had: int, has: int) -> list[tuple[str, int]]:
    return [("increased", max(has - had, 0)), ("decreased", max(had - has, 0))]
