"""How what was due in some days became what is due at their end: each deal's standings, compared one with the next by the database."""

from collections.abc import Mapping
from typing import Any

from workflow.queries.opportunity.filter import Days, OpportunityFilter
from workflow.queries.opportunity.rows import matching
from workflow.queries.people.people import OrganizationRow
from workflow.queries.reports.opportunity_sql import OpportunitySql, quoted_list
from workflow.queries.reports.overrides import span_of
from workflow.rules.enums import OPEN_STATES, OpportunityState, SlipReason
from workflow.rules.permissions import Viewer
from workflow.rules.reports.slippage import SnapshotChange, ValueGroup

FLAGS = ("was_open", "was_due", "is_due", "stays_in", "first", "opening", "last")
NEEDS_REVALUATION = "currency_before <> currency OR currency_before <> {base} OR currency <> {base}"
"""Where an amount has to be told by itself, for it is worth something else in base currency."""


async def snapshot_changes(
    viewer: Viewer, filter: OpportunityFilter, organization: OrganizationRow, within: Days
) -> list[SnapshotChange]:
    """The changes of the visible deals that match, of one kind together; one statement."""
    span = span_of(within, organization.time_zone)
    statement = OpportunitySql(matching(viewer, filter), "id")
    base, start, end = statement.bind(organization.base_currency), statement.bind(span.start), statement.bind(span.end)
    is_open = f"state IN ({quoted_list(sorted(OPEN_STATES))})"
    snapshots = (
        f"SELECT opportunity_id, since, until, state, value_minor AS minor, value_currency AS currency, slip_reason, "
        f"CASE WHEN {is_open} THEN 1 ELSE 0 END AS is_open, "
        f"CASE WHEN {statement.date_in('expected_close_date', within)} THEN 1 ELSE 0 END AS stays_in "
        f"FROM snapshot WHERE opportunity_id IN (SELECT id FROM deal) AND since <= {end} AND (until IS NULL OR until >= {start})"
    )
    changes = (
        "SELECT stood.*, LAG(minor) OVER way AS minor_before, LAG(currency) OVER way AS currency_before, "
        "COALESCE(LAG(is_open) OVER way, 0) AS was_open, COALESCE(LAG(is_open * stays_in) OVER way, 0) AS was_due, "
        "is_open * stays_in AS is_due, CASE WHEN LAG(since) OVER way IS NULL THEN 1 ELSE 0 END AS first, "
        f"CASE WHEN since < {start} THEN 1 ELSE 0 END AS opening, "
        f"CASE WHEN until IS NULL OR until > {end} THEN 1 ELSE 0 END AS last "
        "FROM stood WINDOW way AS (PARTITION BY opportunity_id ORDER BY since)"
    )
    needs_revaluation = NEEDS_REVALUATION.format(base=base)
    select = (
        f"SELECT {', '.join(FLAGS)}, state, slip_reason, currency_before, currency, "
        f"CASE WHEN {needs_revaluation} THEN minor_before END AS each_before, CASE WHEN {needs_revaluation} THEN minor END AS each_after, "
        "CASE WHEN minor > minor_before THEN 1 WHEN minor < minor_before THEN -1 ELSE 0 END AS grew, "
        "COUNT(*) AS count, SUM(minor_before) AS before, SUM(minor) AS after "
        f"FROM walked WHERE was_due = 1 OR is_due = 1 GROUP BY {', '.join(str(place) for place in range(1, 15))}"
    )
    return [_snapshot_change(row) for row in await statement.rows({"stood": snapshots, "walked": changes}, select)]


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
