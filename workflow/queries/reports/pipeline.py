"""Open deals by group, as they are now or were at the end of a past day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from workflow.queries.conditions import Days, span_of
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import matching
from workflow.queries.people.people import OrganizationRow
from workflow.queries.reports.opportunity_sql import (
    OpportunitySql,
    epoch_seconds,
    group_label,
    load_rates,
    quoted_list,
)
from workflow.rules.enums import OPEN_STATES, ForecastCategory, PipelineGrouping
from workflow.rules.money import ExchangeRates
from workflow.rules.permissions import Viewer
from workflow.rules.reports.pipeline import PipelineGroup

GROUP_COLUMNS: Mapping[PipelineGrouping, tuple[str, str]] = {
    PipelineGrouping.STATE: ("state", "key"),
    PipelineGrouping.OWNER: ("owner_id", "(SELECT name FROM member WHERE member.id = key)"),
    PipelineGrouping.TEAM: ("team_id", "(SELECT name FROM team WHERE team.id = key)"),
    PipelineGrouping.ACCOUNT: ("account_id", "(SELECT name FROM account WHERE account.id = key)"),
    PipelineGrouping.SOURCE: ("source", "key"),
    PipelineGrouping.FORECAST_CATEGORY: ("forecast_category", "key"),
    PipelineGrouping.CLOSE_MONTH: ("substr(CAST(expected_close_date AS TEXT), 1, 7)", "key"),
}
"""The SQL of each grouping's key and of its label.

Names are looked up once for a group, not once for a deal.
"""

CURRENT_COLUMNS = (
    "id", "state", "owner_id", "account_id", "source", "probability", "forecast_category",
    "disqualify_proposed", "expected_close_date", "base_minor", "health", "created_at",
)  # fmt: skip
PAST_COLUMNS = ("id", "account_id", "source", "created_at")
TEAM_COLUMN = "owner__team_id"


@dataclass(frozen=True, slots=True)
class AsOf:
    """The instant that a report describes, and its day; `past` is false for now."""

    at: datetime
    day: date
    past: bool


async def open_deals(
    viewer: Viewer,
    filter: OpportunityFilter,
    by: PipelineGrouping,
    organization: OrganizationRow,
    moment: AsOf,
    within: Days | None = None,
) -> list[PipelineGroup]:
    """Sum up the visible open deals that match, by group.

    `within` keeps only the deals that are expected to close in these days. The filter
    always applies to the deals as they are now; figures of a past day come from snapshots.
    One statement, or two for a past day.
    """
    team = PipelineGrouping.TEAM is by
    statement = OpportunitySql(
        matching(viewer, filter),
        *(PAST_COLUMNS if moment.past else (*CURRENT_COLUMNS, TEAM_COLUMN) if team else CURRENT_COLUMNS),
    )
    key, label = GROUP_COLUMNS[by]
    deals = (
        _past_deals(statement, organization, moment, team=team) if moment.past else _current_deals(team=team)
    )
    condition = f"state IN ({quoted_list(sorted(OPEN_STATES))})"
    if within is not None:
        condition += f" AND {statement.date_in('expected_close_date', within)}"
    # Deals with the same values here are weighted alike, so the database adds them up first.
    group_columns = "probability, forecast_category, proposed, currency, each_minor"
    grouped = (
        f"SELECT {key} AS key, {group_columns}, COUNT(*) AS count, SUM(minor) AS value, "
        "SUM(health) AS health, COUNT(health) AS evaluated, "
        f"SUM({epoch_seconds('created_at')}) AS created_seconds "
        f"FROM deal_at WHERE {condition} GROUP BY {key}, {group_columns}"
    )
    tables = {"deal_at": deals, "grouped": grouped}
    rates = await load_rates(organization) if moment.past else ExchangeRates(organization.base_currency, {})
    return [
        _pipeline_group(row, by, rates, moment)
        for row in await statement.rows(tables, f"SELECT grouped.*, {label} AS label FROM grouped")
    ]


async def won_value(viewer: Viewer, filter: OpportunityFilter, within: Days, moment: AsOf) -> int:
    """Return the base value, in minor units, of the visible deals that match and were won in these days.

    One statement.
    """
    statement = OpportunitySql(matching(viewer, filter), "id", "state", "closed_on", "base_minor")
    table = (
        "deal"
        if not moment.past
        else f"snapshot JOIN deal ON deal.id = opportunity_id AND {_snapshot_at(statement, moment)}"
    )
    source = "deal" if not moment.past else "snapshot"
    if moment.past:
        within = Days(within.start, min(within.end or moment.day, moment.day))
    row = await statement.rows(
        {},
        f"SELECT SUM({source}.base_minor) AS value FROM {table} "
        f"WHERE {source}.state = 'WON' AND {statement.date_in(f'{source}.closed_on', within)}",
    )
    return int(row[0]["value"] or 0)


def as_of(day: date | None, organization: OrganizationRow, now: datetime, today: date) -> AsOf:
    """Return the end of a past day in the organization's time zone, or now."""
    if day is None or day >= today:
        return AsOf(now, today, past=False)
    end = span_of(Days(day, day), organization.time_zone).end
    assert end is not None
    return AsOf(end, day, past=True)


def _current_deals(*, team: bool) -> str:
    """Return a SELECT of the deals as they are now; their stored base value is the sum to report."""
    return (
        f"SELECT state, owner_id, {TEAM_COLUMN if team else 'NULL'} AS team_id, account_id, source, "
        "probability, forecast_category, disqualify_proposed AS proposed, expected_close_date, "
        "base_minor AS minor, "
        "CAST(NULL AS TEXT) AS currency, "
        "CAST(NULL AS BIGINT) AS each_minor, health, created_at FROM deal"
    )


def _past_deals(statement: OpportunitySql, organization: OrganizationRow, moment: AsOf, *, team: bool) -> str:
    """Return a SELECT of the deals as they were at a past moment, from their snapshots."""
    # Amounts in another currency stay separate (`each_minor`): they are converted at the rate of that day.
    foreign = f"value_currency <> {statement.bind(organization.base_currency)}"
    return (
        f"SELECT snapshot.state, snapshot.owner_id, {'member.team_id' if team else 'NULL AS team_id'}, "
        "deal.account_id, deal.source, snapshot.probability, snapshot.forecast_category, 1 = 0 AS proposed, "
        "snapshot.expected_close_date, snapshot.value_minor AS minor, snapshot.value_currency AS currency, "
        f"CASE WHEN {foreign} THEN snapshot.value_minor END AS each_minor, CAST(NULL AS INTEGER) AS health, "
        "deal.created_at FROM snapshot JOIN deal ON deal.id = opportunity_id "
        f"{'JOIN member ON member.id = snapshot.owner_id ' if team else ''}"
        f"WHERE {_snapshot_at(statement, moment)}"
    )


def _snapshot_at(statement: OpportunitySql, moment: AsOf) -> str:
    at = statement.bind(moment.at)
    return f"snapshot.since <= {at} AND (snapshot.until IS NULL OR snapshot.until > {at})"


def _pipeline_group(
    row: Mapping[str, Any], by: PipelineGrouping, rates: ExchangeRates, moment: AsOf
) -> PipelineGroup:
    each = row["each_minor"]
    count = int(row["count"])
    value = (
        int(row["value"] or 0)
        if each is None
        else count * rates.to_base(int(each), row["currency"], moment.day)
    )
    return PipelineGroup(
        key="" if row["key"] is None else str(row["key"]),
        label=group_label(row["label"] or "", by),
        probability=row["probability"],
        category=ForecastCategory(row["forecast_category"]),
        proposed=bool(row["proposed"]),
        count=count,
        value=value,
        health=int(row["health"] or 0),
        evaluated=int(row["evaluated"]),
        # The sum of the ages, from the sum of the times of creation.
        seconds=count * int(moment.at.timestamp()) - int(row["created_seconds"]),
    )
