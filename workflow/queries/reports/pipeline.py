"""What stands open, now or as of a day: put together by the database by all that weighs alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from workflow.queries.opportunity.filter import Days, OpportunityFilter
from workflow.queries.opportunity.rows import matching
from workflow.queries.people.people import OrganizationRow
from workflow.queries.reports.opportunity_sql import Over, called, rates_of, seconds_of, words
from workflow.queries.reports.overrides import span_of
from workflow.rules.enums import OPEN_STATES, ForecastCategory, PipelineGrouping
from workflow.rules.money import Rates
from workflow.rules.permissions import Viewer
from workflow.rules.reports.pipeline import Alike

KEYS: Mapping[PipelineGrouping, tuple[str, str]] = {
    PipelineGrouping.STATE: ("state", "key"),
    PipelineGrouping.OWNER: ("owner_id", "(SELECT name FROM member WHERE member.id = key)"),
    PipelineGrouping.TEAM: ("team_id", "(SELECT name FROM team WHERE team.id = key)"),
    PipelineGrouping.ACCOUNT: ("account_id", "(SELECT name FROM account WHERE account.id = key)"),
    PipelineGrouping.SOURCE: ("source", "key"),
    PipelineGrouping.FORECAST_CATEGORY: ("forecast_category", "key"),
    PipelineGrouping.CLOSE_MONTH: ("substr(CAST(expected_close_date AS TEXT), 1, 7)", "key"),
}
"""By what a deal is grouped, and how the group is called: names are looked up for groups, not for deals."""

NOW = (
    "id", "state", "owner_id", "account_id", "source", "probability", "forecast_category", "disqualify_proposed", "expected_close_date",
    "base_minor", "health", "created_at",
)  # fmt: skip
SINCE = ("id", "account_id", "source", "created_at")
TEAM = "owner__team_id"


@dataclass(frozen=True, slots=True)
class AsOf:
    """The moment that a report tells of, and its day; `past` where it is not now."""

    at: datetime
    day: date
    past: bool


async def open_deals(
    viewer: Viewer,
    filter: OpportunityFilter,
    by: PipelineGrouping,
    organization: OrganizationRow,
    of: AsOf,
    within: Days | None = None,
) -> list[Alike]:
    """The visible open deals that match, by group; only those expected to close in these days, where given.

    Two statements for a past day, else one. The filter is asked of the deals as they are now, the figures of how they stood.
    """
    team = PipelineGrouping.TEAM is by
    asked = Over(matching(viewer, filter), *(SINCE if of.past else (*NOW, TEAM) if team else NOW))
    key, label = KEYS[by]
    stood = _then(asked, organization, of, team=team) if of.past else _now(team=team)
    condition = f"state IN ({words(sorted(OPEN_STATES))})"
    if within is not None:
        condition += f" AND {asked.within('expected_close_date', within)}"
    alike = "probability, forecast_category, proposed, currency, each_minor"
    grouped = (
        f"SELECT {key} AS key, {alike}, COUNT(*) AS count, SUM(minor) AS value, SUM(health) AS health, COUNT(health) AS judged, "
        f"SUM({seconds_of('created_at')}) AS born FROM stood WHERE {condition} GROUP BY {key}, {alike}"
    )
    tables = {"stood": stood, "grouped": grouped}
    rates = await rates_of(organization) if of.past else Rates(organization.base_currency, {})
    return [
        _alike(row, by, rates, of)
        for row in await asked.rows(tables, f"SELECT grouped.*, {label} AS label FROM grouped")
    ]


async def won(viewer: Viewer, filter: OpportunityFilter, within: Days, of: AsOf) -> int:
    """The base value of the visible deals that match and were won in these days, minor units; one statement."""
    asked = Over(matching(viewer, filter), "id", "state", "closed_on", "base_minor")
    table = "deal" if not of.past else f"standing JOIN deal ON deal.id = opportunity_id AND {_stood_at(asked, of)}"
    of_table = "deal" if not of.past else "standing"
    if of.past:
        within = Days(within.start, min(within.end or of.day, of.day))
    row = await asked.rows(
        {},
        f"SELECT SUM({of_table}.base_minor) AS value FROM {table} "
        f"WHERE {of_table}.state = 'WON' AND {asked.within(f'{of_table}.closed_on', within)}",
    )
    return int(row[0]["value"] or 0)


def as_of(day: date | None, organization: OrganizationRow, now: datetime, today: date) -> AsOf:
    """The end of a day in the organization's time zone, or now."""
    if day is None or day >= today:
        return AsOf(now, today, past=False)
    end = span_of(Days(day, day), organization.time_zone).end
    assert end is not None
    return AsOf(end, day, past=True)


def _now(*, team: bool) -> str:
    """The deals as they stand; their base value is kept."""
    return (
        f"SELECT state, owner_id, {TEAM if team else 'NULL'} AS team_id, account_id, source, probability, forecast_category, "
        "disqualify_proposed AS proposed, expected_close_date, base_minor AS minor, CAST(NULL AS TEXT) AS currency, "
        "CAST(NULL AS BIGINT) AS each_minor, health, created_at FROM deal"
    )


def _then(asked: Over, organization: OrganizationRow, of: AsOf, *, team: bool) -> str:
    """The deals as they stood; an amount of another currency is told by itself, to be worth what it was on that day."""
    foreign = f"value_currency <> {asked.bind(organization.base_currency)}"
    return (
        f"SELECT standing.state, standing.owner_id, {'member.team_id' if team else 'NULL AS team_id'}, deal.account_id, deal.source, "
        "standing.probability, standing.forecast_category, 1 = 0 AS proposed, "
        "standing.expected_close_date, standing.value_minor AS minor, standing.value_currency AS currency, "
        f"CASE WHEN {foreign} THEN standing.value_minor END AS each_minor, CAST(NULL AS INTEGER) AS health, deal.created_at "
        f"FROM standing JOIN deal ON deal.id = opportunity_id "
        f"{'JOIN member ON member.id = standing.owner_id ' if team else ''}WHERE {_stood_at(asked, of)}"
    )


def _stood_at(asked: Over, of: AsOf) -> str:
    at = asked.bind(of.at)
    return f"standing.since <= {at} AND (standing.until IS NULL OR standing.until > {at})"


def _alike(row: Mapping[str, Any], by: PipelineGrouping, rates: Rates, of: AsOf) -> Alike:
    each, count = row["each_minor"], int(row["count"])
    value = int(row["value"] or 0) if each is None else count * rates.worth(int(each), row["currency"], of.day)
    return Alike(
        key="" if row["key"] is None else str(row["key"]),
        label=called(row["label"] or "", by),
        probability=row["probability"],
        category=ForecastCategory(row["forecast_category"]),
        proposed=bool(row["proposed"]),
        count=count,
        value=value,
        health=int(row["health"] or 0),
        judged=int(row["judged"]),
        seconds=count * int(of.at.timestamp()) - int(row["born"]),
    )
