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
from workflow.rules.money import ExchangeRates
from workflow.rules.reports.slippage import ToBase

ENUM_GROUPINGS = frozenset({"STATE", "FORECAST_CATEGORY", "REASON", "STATE_AT_CLOSE", "OVERRIDDEN"})
"""The groupings whose keys are our own words."""


class OpportunitySql:
    """A statement being written; values are bound and never spelled."""

    def __init__(self, deals: QuerySet[Opportunity], *columns: str) -> None:
        query: Any = deals.values(*columns)  # Any: the query as Tortoise's builder has it
        query._make_query()
        text, values = query.query.get_parameterized_sql()
        numbers = count(1)
        self._deals = re.sub(r"\?", lambda _: f"${next(numbers)}", text) if dialect() == "sqlite" else text
        self._values: list[object] = list(values)

    def bind(self, value: object) -> str:
        """The place of a value."""
        self._values.append(value)
        return f"${len(self._values)}"

    async def rows(self, tables: Mapping[str, str], select: str) -> list[dict[str, Any]]:
        """The rows of a SELECT from `deal` and the tables that are made of it, each by its own SELECT."""
        ctes = {"deal": self._deals, **tables}
        with_clause = ", ".join(f"{name} AS ({text})" for name, text in ctes.items())
        return await fetch(f"WITH {with_clause} {select}", *self._values)

    def date_in(self, column: str, days: Days) -> str:
        """Whether a day lies in these; a bound that is None is open."""
        bounds = [f"{column} IS NOT NULL"]
        bounds += [f"{column} >= {self.bind(date_value(days.start))}"] if days.start else []
        bounds += [f"{column} <= {self.bind(date_value(days.end))}"] if days.end else []
        return f"({' AND '.join(bounds)})"


def date_value(day: date) -> object:
    """A day as the open database compares it."""
    return day.isoformat() if dialect() == "sqlite" else day


def quoted_list(states: Sequence[str]) -> str:
    """Our own names between the brackets of IN."""
    return ", ".join(f"'{state}'" for state in states)


def group_label(label: str, by: str) -> str:
    """How a group is told to people: its own name, or our word for it as it is spoken."""
    if not label:
        return f"No {by.lower().replace('_', ' ')}"
    return label.replace("_", " ").capitalize() if by in ENUM_GROUPINGS else label


def epoch_seconds(instant: str) -> str:
    """The whole seconds of an instant since 1970."""
    if dialect() == "sqlite":
        return f"CAST(strftime('%s', substr({instant}, 1, 19)) AS INTEGER)"
    return f"CAST(FLOOR(date_part('epoch', {instant})) AS BIGINT)"


def days_between(day: str, instant: str, zone: str) -> str:
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


async def load_rates(organization: OrganizationRow) -> ExchangeRates:
    """Every rate of the organization; one statement."""
    found = ExchangeRate.filter(organization_id=organization.id).order_by("valid_from")
    by_currency: dict[str, list[tuple[date, Any]]] = {}
    for row in await found.values("currency", "valid_from", "rate"):
        by_currency.setdefault(row["currency"], []).append((row["valid_from"], row["rate"]))
    return ExchangeRates(organization.base_currency, by_currency)


async def valuations(organization: OrganizationRow, period: Days, today: date) -> tuple[ToBase, ToBase]:
    """What amounts are worth in base currency at the rates of the day before a period, and of its end or today. One statement."""
    rates = await load_rates(organization)
    start, end = period.start or date.min, min(period.end or today, today)
    before = start - timedelta(days=1) if start > date.min else start

    def at(day: date) -> ToBase:
        return lambda sum: sum.times * rates.to_base(sum.minor, sum.currency, day) if sum.currency else 0

    return at(before), at(end)
