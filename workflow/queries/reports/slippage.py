"""Changes of what is due in a period, found by comparing each snapshot of a deal with the one before it."""

from collections.abc import Mapping
from typing import Any

from workflow.queries.conditions import Days, span_of
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import matching
from workflow.queries.people.people import OrganizationRow
from workflow.queries.reports.opportunity_sql import OpportunitySql, quoted_list
from workflow.rules.enums import OPEN_STATES, OpportunityState, SlipReason
from workflow.rules.permissions import Viewer
from workflow.rules.reports.slippage import SnapshotChange, ValueGroup

FLAGS = ("was_open", "was_due", "is_due", "stays_in", "first", "opening", "last")
NEEDS_REVALUATION = "currency_before <> currency OR currency_before <> {base} OR currency <> {base}"
"""True for amounts that are converted to base currency one by one, because two currencies are involved."""


async def snapshot_changes(
    viewer: Viewer, filter: OpportunityFilter, organization: OrganizationRow, within: Days
) -> list[SnapshotChange]:
    """Sum up the changes of the visible deals that match, equal ones together; one statement."""
    span = span_of(within, organization.time_zone)
    statement = OpportunitySql(matching(viewer, filter), "id")
    base = statement.bind(organization.base_currency)
    start = statement.bind(span.start)
    end = statement.bind(span.end)
    is_open = f"state IN ({quoted_list(sorted(OPEN_STATES))})"
    snapshots = (
        "SELECT opportunity_id, since, until, state, value_minor AS minor, value_currency AS currency, "
        f"slip_reason, CASE WHEN {is_open} THEN 1 ELSE 0 END AS is_open, "
        f"CASE WHEN {statement.date_in('expected_close_date', within)} THEN 1 ELSE 0 END AS stays_in "
        "FROM snapshot WHERE opportunity_id IN (SELECT id FROM deal) "
        f"AND since <= {end} AND (until IS NULL OR until >= {start})"
    )
    changes = (
        "SELECT period_snapshot.*, "
        "LAG(minor) OVER by_time AS minor_before, LAG(currency) OVER by_time AS currency_before, "
        "COALESCE(LAG(is_open) OVER by_time, 0) AS was_open, "
        "COALESCE(LAG(is_open * stays_in) OVER by_time, 0) AS was_due, is_open * stays_in AS is_due, "
        "CASE WHEN LAG(since) OVER by_time IS NULL THEN 1 ELSE 0 END AS first, "
        f"CASE WHEN since < {start} THEN 1 ELSE 0 END AS opening, "
        f"CASE WHEN until IS NULL OR until > {end} THEN 1 ELSE 0 END AS last "
        "FROM period_snapshot WINDOW by_time AS (PARTITION BY opportunity_id ORDER BY since)"
    )
    needs_revaluation = NEEDS_REVALUATION.format(base=base)
    select = (
        f"SELECT {', '.join(FLAGS)}, state, slip_reason, currency_before, currency, "
        f"CASE WHEN {needs_revaluation} THEN minor_before END AS each_before, "
        f"CASE WHEN {needs_revaluation} THEN minor END AS each_after, "
        # Grouped by its sign, so that growth and shrinkage of different deals do not cancel out in one sum.
        "CASE WHEN minor > minor_before THEN 1 WHEN minor < minor_before THEN -1 ELSE 0 END AS value_change, "
        "COUNT(*) AS count, SUM(minor_before) AS before, SUM(minor) AS after "
        "FROM change WHERE was_due = 1 OR is_due = 1 "
        f"GROUP BY {', '.join(str(position) for position in range(1, 15))}"
    )
    tables = {"period_snapshot": snapshots, "change": changes}
    return [_snapshot_change(row) for row in await statement.rows(tables, select)]


def _snapshot_change(row: Mapping[str, Any]) -> SnapshotChange:
    count = int(row["count"])
    return SnapshotChange(
        before=_amount(row["each_before"], row["before"], row["currency_before"], count),
        after=_amount(row["each_after"], row["after"], row["currency"], count),
        count=count,
        state=OpportunityState(row["state"]),
        reason=None if row["slip_reason"] is None else SlipReason(row["slip_reason"]),
        **{name: bool(row[name]) for name in FLAGS},
    )


def _amount(each: int | None, total: int | None, currency: str | None, count: int) -> ValueGroup:
    if currency is None:
        return ValueGroup(0, None)
    return ValueGroup(int(total or 0), currency) if each is None else ValueGroup(int(each), currency, count)
