"""Closed deals of a period by group, and the median days that they took to close."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tortoise.queryset import QuerySet

from workflow.models import Opportunity
from workflow.queries.conditions import Days, in_days
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import matching
from workflow.queries.people.people import OrganizationRow
from workflow.queries.reports.opportunity_sql import OpportunitySql, days_between, group_label, median
from workflow.rules.enums import CLOSED_STATES, OpportunityState, OutcomeGrouping
from workflow.rules.permissions import Viewer
from workflow.rules.reports.outcomes import ClosedGroup, VelocityFigures
from workflow.rules.reports.win_rate import win_rate

_G = OutcomeGrouping
_REASON = "COALESCE(win_reason, loss_reason, disqualify_reason)"
# SQLite stores days as text, PostgreSQL as dates.
_MONTH = "substr(CAST(closed_on AS TEXT), 1, 7)"
_OVERRIDDEN = (
    "CASE WHEN EXISTS (SELECT 1 FROM override WHERE override.opportunity_id = deal.id) "
    "THEN 'OVERRIDDEN' ELSE 'NOT_OVERRIDDEN' END"
)
GROUP_COLUMNS: Mapping[OutcomeGrouping, tuple[str, str]] = {
    _G.REASON: (_REASON, _REASON),
    _G.OWNER: ("owner_id", "owner__name"),
    _G.TEAM: ("owner__team_id", "owner__team__name"),
    _G.SOURCE: ("source", "source"),
    _G.ACCOUNT: ("account_id", "account__name"),
    _G.COMPETITOR: ("competitor_of_deal.name", "competitor_of_deal.name"),
    _G.MONTH: (_MONTH, _MONTH),
    _G.STATE_AT_CLOSE: ("closed_from", "closed_from"),
    _G.OVERRIDDEN: (_OVERRIDDEN, _OVERRIDDEN),
}
"""The SQL of each grouping's key and of its label."""
COMPETITOR_JOIN = (
    "JOIN (SELECT DISTINCT opportunity_id, name FROM competitor) AS competitor_of_deal "
    "ON competitor_of_deal.opportunity_id = deal.id"
)
"""Counts a deal once for each competitor on record."""
DEAL_COLUMNS = (
    "id", "state", "closed_on", "closed_from", "win_reason", "loss_reason", "disqualify_reason", "source",
    "owner_id", "owner__name", "owner__team_id", "owner__team__name", "account_id", "account__name",
    "base_minor", "created_at",
)  # fmt: skip
# A correlated subquery uses the index on transitions even if the database has no statistics on the table yet.
CYCLE_START = (
    "COALESCE((SELECT MIN(at) FROM transition "
    "WHERE transition.opportunity_id = deal.id AND to_state = 'QUALIFIED'), created_at)"
)
"""The instant from which days to close are counted: the first time in QUALIFIED, else the creation."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Closed deals by group, and the median days to close of each group."""

    groups: list[ClosedGroup]
    medians: dict[str, float]


async def outcomes(
    viewer: Viewer,
    filter: OpportunityFilter,
    by: OutcomeGrouping | None,
    organization: OrganizationRow,
    within: Days,
) -> Outcomes:
    """Count the visible deals that match and were closed in a period; one group, TOTAL, without a grouping.

    One statement.
    """
    statement = OpportunitySql(_closed(viewer, filter, within), *DEAL_COLUMNS)
    key, label = GROUP_COLUMNS[by] if by else ("'TOTAL'", "'Total'")
    join = COMPETITOR_JOIN if by is _G.COMPETITOR else ""
    days = days_between("closed_on", CYCLE_START, statement.bind(organization.time_zone))
    durations = (
        f"SELECT COALESCE(CAST({key} AS TEXT), '') AS key, COALESCE({label}, '') AS label, "
        "state, base_minor, "
        f"CASE WHEN state <> 'DISQUALIFIED' THEN {days} END AS days "
        f"FROM deal {join}"
    )
    rows = await statement.rows(
        {"duration": durations},
        "SELECT key, label, state, COUNT(*) AS count, SUM(base_minor) AS value, NULL AS days FROM duration "
        "GROUP BY key, label, state "
        "UNION ALL SELECT key, NULL, NULL, NULL, NULL, value "
        f"FROM ({median('days', 'duration', 'key')}) AS medians",
    )
    return Outcomes(
        # The rows of the second SELECT are the medians; they have no state.
        groups=[_closed_group(row, by) for row in rows if row["state"] is not None],
        medians={row["key"]: float(row["days"]) for row in rows if row["state"] is None},
    )


async def velocity(
    viewer: Viewer, filter: OpportunityFilter, organization: OrganizationRow, within: Days
) -> VelocityFigures:
    """Read the figures of sales velocity: the open qualified deals, and what was won and lost in a period.

    Two statements.
    """
    past_lead = [OpportunityState.QUALIFIED, OpportunityState.PROGRESSING]
    open_now = await matching(viewer, filter).filter(state__in=past_lead).count()
    statement = OpportunitySql(
        _closed(viewer, filter, within), "id", "state", "closed_on", "base_minor", "created_at"
    )
    days = days_between("closed_on", CYCLE_START, statement.bind(organization.time_zone))
    durations = f"SELECT state, base_minor, {days} AS days FROM deal WHERE state = 'WON'"
    rows = await statement.rows(
        {"duration": durations},
        "SELECT state AS figure, COUNT(*) AS count, COUNT(base_minor) AS valued, SUM(base_minor) AS value "
        "FROM deal GROUP BY state "
        "UNION ALL SELECT 'VALUE', NULL, NULL, value "
        f"FROM ({median('base_minor', 'duration', 'state')}) AS medians "
        f"UNION ALL SELECT 'DAYS', NULL, NULL, value FROM ({median('days', 'duration', 'state')}) AS medians",
    )
    found = {row["figure"]: row for row in rows}
    won = found.get("WON", {"count": 0, "valued": 0, "value": None})
    lost = found.get("LOST", {"count": 0})
    return VelocityFigures(
        open_qualified=open_now,
        win_rate=win_rate(won["count"], lost["count"]),
        median_won=float(found["VALUE"]["value"]) if "VALUE" in found else None,
        average_won=float(won["value"]) / won["valued"] if won["valued"] else None,
        median_cycle_days=float(found["DAYS"]["value"]) if "DAYS" in found else None,
    )


def _closed(viewer: Viewer, filter: OpportunityFilter, within: Days) -> QuerySet[Opportunity]:
    """Return the visible deals that match and were closed in a period."""
    closed = matching(viewer, filter).filter(state__in=sorted(CLOSED_STATES))
    return closed.filter(in_days("closed_on", within))


def _closed_group(row: Mapping[str, Any], by: OutcomeGrouping | None) -> ClosedGroup:
    return ClosedGroup(
        key=row["key"],
        label=group_label(row["label"], by) if by else row["label"],
        state=OpportunityState(row["state"]),
        count=int(row["count"]),
        value=int(row["value"] or 0),
    )
