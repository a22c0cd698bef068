"""What was closed in some days, by group, and how long it took; medians are made by the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tortoise.queryset import QuerySet

from workflow.models import Opportunity
from workflow.queries.opportunity.accounts import Span, in_span
from workflow.queries.opportunity.filter import Days, OpportunityFilter
from workflow.queries.opportunity.rows import matching
from workflow.queries.people.people import OrganizationRow
from workflow.queries.reports.opportunity_sql import OpportunitySql, days_between, group_label, median
from workflow.rules.enums import CLOSED_STATES, OpportunityState, OutcomeGrouping
from workflow.rules.permissions import Viewer
from workflow.rules.reports.outcomes import ClosedGroup, VelocityFigures
from workflow.rules.reports.win_rate import win_rate

_G = OutcomeGrouping
_REASON = "COALESCE(win_reason, loss_reason, disqualify_reason)"
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
    _G.COMPETITOR: ("rival.name", "rival.name"),
    _G.MONTH: (_MONTH, _MONTH),
    _G.STATE_AT_CLOSE: ("closed_from", "closed_from"),
    _G.OVERRIDDEN: (_OVERRIDDEN, _OVERRIDDEN),
}
"""By what a closed deal is grouped, and how the group is called."""
COMPETITOR_JOIN = (
    "JOIN (SELECT DISTINCT opportunity_id, name FROM competitor) AS rival ON rival.opportunity_id = deal.id"
)
"""A deal stands under each competitor that is on record for it."""
DEAL_COLUMNS = (
    "id", "state", "closed_on", "closed_from", "win_reason", "loss_reason", "disqualify_reason", "source", "owner_id", "owner__name",
    "owner__team_id", "owner__team__name", "account_id", "account__name", "base_minor", "created_at",
)  # fmt: skip
CYCLE_START = "COALESCE((SELECT MIN(at) FROM transition WHERE transition.opportunity_id = deal.id AND to_state = 'QUALIFIED'), created_at)"
"""From when days to close are counted: first QUALIFIED, or creation. Looked up by its index, however little the database knows of its rows."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Closed deals by group, and the median days to close of each group."""

    groups: list[ClosedGroup]
    medians: dict[str, float]


async def outcomes(
    viewer: Viewer, filter: OpportunityFilter, by: OutcomeGrouping | None, organization: OrganizationRow, within: Days
) -> Outcomes:
    """The visible deals that match and were closed in these days; all as one group, TOTAL, without a grouping. One statement."""
    statement = OpportunitySql(_closed(viewer, filter, within), *DEAL_COLUMNS)
    key, label = GROUP_COLUMNS[by] if by else ("'TOTAL'", "'Total'")
    join = COMPETITOR_JOIN if by is _G.COMPETITOR else ""
    days = days_between("closed_on", CYCLE_START, statement.bind(organization.time_zone))
    durations = (
        f"SELECT COALESCE(CAST({key} AS TEXT), '') AS key, COALESCE({label}, '') AS label, state, base_minor, "
        f"CASE WHEN state <> 'DISQUALIFIED' THEN {days} END AS days "
        f"FROM deal {join}"
    )
    rows = await statement.rows(
        {"took": durations},
        "SELECT key, label, state, COUNT(*) AS count, SUM(base_minor) AS value, NULL AS days FROM took GROUP BY key, label, state "
        f"UNION ALL SELECT key, NULL, NULL, NULL, NULL, value FROM ({median('days', 'took', 'key')}) AS middle",
    )
    return Outcomes(
        groups=[_closed_group(row, by) for row in rows if row["state"] is not None],
        medians={row["key"]: float(row["days"]) for row in rows if row["state"] is None},
    )


async def velocity(
    viewer: Viewer, filter: OpportunityFilter, organization: OrganizationRow, within: Days
) -> VelocityFigures:
    """How fast what is past LEAD turns into money, by what was won in these days; two statements."""
    past_lead = [OpportunityState.QUALIFIED, OpportunityState.PROGRESSING]
    open_now = await matching(viewer, filter).filter(state__in=past_lead).count()
    statement = OpportunitySql(_closed(viewer, filter, within), "id", "state", "closed_on", "base_minor", "created_at")
    days = days_between("closed_on", CYCLE_START, statement.bind(organization.time_zone))
    durations = f"SELECT state, base_minor, {days} AS days FROM deal WHERE state = 'WON'"
    rows = await statement.rows(
        {"took": durations},
        "SELECT state AS what, COUNT(*) AS count, COUNT(base_minor) AS valued, SUM(base_minor) AS value FROM deal GROUP BY state "
        f"UNION ALL SELECT 'VALUE', NULL, NULL, value FROM ({median('base_minor', 'took', 'state')}) AS middle "
        f"UNION ALL SELECT 'DAYS', NULL, NULL, value FROM ({median('days', 'took', 'state')}) AS middle",
    )
    found = {row["what"]: row for row in rows}
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
    """The visible deals that match and are closed, in these days."""
    closed = matching(viewer, filter).filter(state__in=sorted(CLOSED_STATES))
    return closed.filter(in_span("closed_on", Span(within.start, within.end)))  # type: ignore[arg-type]  # days, as the column has them


def _closed_group(row: Mapping[str, Any], by: OutcomeGrouping | None) -> ClosedGroup:
    return ClosedGroup(
        key=row["key"],
        label=group_label(row["label"], by) if by else row["label"],
        state=OpportunityState(row["state"]),
        count=int(row["count"]),
        value=int(row["value"] or 0),
    )
