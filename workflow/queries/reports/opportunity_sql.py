"""One statement over the deals that a viewer sees and a filter lets through: they stand in it as the table `deal`."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

from tortoise.queryset import QuerySet

from workflow.models import ExchangeRate, Opportunity
from workflow.models.engine.database import dialect, fetch
from workflow.queries.opportunity.filter import Days
from workflow.queries.people.people import OrganizationRow
from workflow.rules.money import Rates
from workflow.rules.reports.slippage import Worth

SPOKEN = frozenset({"STATE", "FORECAST_CATEGORY", "REASON", "STATE_AT_CLOSE", "OVERRIDDEN"})
"""The groupings whose keys are our own words."""


class Over:
    """A statement being written; values are bound and never spelled."""

    def __init__(self, deals: QuerySet[Opportunity], *columns: str) -> None:
        asked: Any = deals.values(*columns)  # Any: the query as Tortoise's builder has it
        asked._make_query()
        text, values = asked.query.get_parameterized_sql()
        places = count(1)
        self._deals = re.sub(r"\?", lambda _: f"${next(places)}", text) if dialect() == "sqlite" else text
        self._values: list[object] = list(values)

    def bind(self, value: object) -> str:
        """The place of a value."""
        self._values.append(value)
        return f"${len(self._values)}"

    async def rows(self, tables: Mapping[str, str], select: str) -> list[dict[str, Any]]:
        """The rows of a SELECT from `deal` and the tables that are made of it, each by its own SELECT."""
        named = {"deal": self._deals, **tables}
        made = ", ".join(f"{name} AS ({text})" for name, text in named.items())
        return await fetch(f"WITH {made} {select}", *self._values)

    def within(self, column: str, days: Days) -> str:
        """Whether a day lies in these; a bound that is None is open."""
        bounds = [f"{column} IS NOT NULL"]
        bounds += [f"{column} >= {self.bind(day_kept(days.start))}"] if days.start else []
        bounds += [f"{column} <= {self.bind(day_kept(days.end))}"] if days.end else []
        return f"({' AND '.join(bounds)})"


def day_kept(day: date) -> object:
    """A day as the open database compares it."""
    return day.isoformat() if dialect() == "sqlite" else day


def words(states: Sequence[str]) -> str:
    """Our own names between the brackets of IN."""
    return ", ".join(f"'{state}'" for state in states)


def called(label: str, by: str) -> str:
    """How a group is told to people: its own name, or our word for it as it is spoken."""
    if not label:
        return f"No {by.lower().replace('_', ' ')}"
    return label.replace("_", " ").capitalize() if by in SPOKEN else label


def seconds_of(instant: str) -> str:
    """The whole seconds of an instant since 1970."""
    if dialect() == "sqlite":
        return f"CAST(strftime('%s', substr({instant}, 1, 19)) AS INTEGER)"
    return f"CAST(FLOOR(date_part('epoch', {instant})) AS BIGINT)"


def days_until(day: str, instant: str, zone: str) -> str:
    """From the day of an instant, in a time zone, to another day."""
    if dialect() == "sqlite":
        return f"CAST(julianday({day}) - julianday(local_day({instant}, {zone})) AS INTEGER)"
    return f"({day} - CAST({instant} AT TIME ZONE {zone} AS DATE))"


def median(value: str, table: str, by: str) -> str:
    """A SELECT of the true median of a column for each key: the middle value, or the mean of the two in the middle."""
    if dialect() == "postgres":
        middle = f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {value})"
        return f"SELECT {by} AS key, {middle} AS value FROM {table} WHERE {value} IS NOT NULL GROUP BY {by}"
    ranked = (
        f"SELECT {by} AS key, {value} AS value, ROW_NUMBER() OVER (PARTITION BY {by} ORDER BY {value}) AS place, "
        f"COUNT(*) OVER (PARTITION BY {by}) AS many FROM {table} WHERE {value} IS NOT NULL"
    )
    return f"SELECT key, AVG(value) AS value FROM ({ranked}) AS ranked WHERE place IN ((many + 1) / 2, (many + 2) / 2) GROUP BY key"


async def rates_of(organization: OrganizationRow) -> Rates:
    """Every rate of the organization; one statement."""
    found = ExchangeRate.filter(organization_id=organization.id).order_by("valid_from")
    kept: dict[str, list[tuple[date, Any]]] = {}
    for row in await found.values("currency", "valid_from", "rate"):
        kept.setdefault(row["currency"], []).append((row["valid_from"], row["rate"]))
    return Rates(organization.base_currency, kept)


async def worths(organization: OrganizationRow, period: Days, today: date) -> tuple[Worth, Worth]:
    """What amounts are worth in base currency at the rates of the day before a period, and of its end or today. One statement."""
    rates = await rates_of(organization)
    start, end = period.start or date.min, min(period.end or today, today)
    before = start - timedelta(days=1) if start > date.min else start

    def at(day: date) -> Worth:
        return lambda sum: sum.times * rates.worth(sum.minor, sum.currency, day) if sum.currency else 0

    return at(before), at(end)
