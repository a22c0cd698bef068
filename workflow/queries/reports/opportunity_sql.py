"""Report statements, which read the visible deals that match a filter as the table `deal`."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from pypika_tortoise.terms import Parameterizer
from tortoise.queryset import QuerySet

from workflow.models import ExchangeRate, Opportunity
from workflow.models.engine.database import dialect, fetch
from workflow.queries.conditions import Days
from workflow.queries.people.people import OrganizationRow
from workflow.rules.money import ExchangeRates
from workflow.rules.reports.slippage import ToBase

ENUM_GROUPINGS = frozenset({"STATE", "FORECAST_CATEGORY", "REASON", "STATE_AT_CLOSE", "OVERRIDDEN"})
"""The groupings whose keys are enum names."""


class OpportunitySql:
    """A statement that is being composed; its values are bound, never written into its text."""

    def __init__(self, deals: QuerySet[Opportunity], *columns: str) -> None:
        parameterizer = Parameterizer(lambda number: f"${number}")
        rows: Any = deals.values(*columns)  # Any: Tortoise leaves the type of `query` open
        rows.sql()  # builds `query`, which is then rendered again with our own placeholders
        self._deals: str = rows.query.get_sql(
            rows.query.QUERY_CLS.SQL_CONTEXT.copy(parameterizer=parameterizer)
        )
        self._values: list[object] = parameterizer.values

    def bind(self, value: object) -> str:
        """Add a value to the statement and return its placeholder."""
        self._values.append(value)
        return f"${len(self._values)}"

    async def rows(self, tables: Mapping[str, str], select: str) -> list[dict[str, Any]]:
        """Run a SELECT that reads `deal` and the given tables, each defined by its own SELECT."""
        ctes = {"deal": self._deals, **tables}
        with_clause = ", ".join(f"{name} AS ({text})" for name, text in ctes.items())
        return await fetch(f"WITH {with_clause} {select}", *self._values)

    def date_in(self, column: str, days: Days) -> str:
        """Return the SQL condition that a day is in a range."""
        bounds = [f"{column} IS NOT NULL"]
        bounds += [f"{column} >= {self.bind(date_value(days.start))}"] if days.start else []
        bounds += [f"{column} <= {self.bind(date_value(days.end))}"] if days.end else []
        return f"({' AND '.join(bounds)})"


def date_value(day: date) -> object:
    """Return a day in the form that the open database compares."""
    return day.isoformat() if dialect() == "sqlite" else day


def quoted_list(states: Sequence[str]) -> str:
    """Return enum names for the parentheses of IN."""
    return ", ".join(f"'{state}'" for state in states)


def group_label(label: str, by: str) -> str:
    """Return the label of a group for people: its own name, or an enum name in plain words."""
    if not label:
        return f"No {by.lower().replace('_', ' ')}"
    return label.replace("_", " ").capitalize() if by in ENUM_GROUPINGS else label


def epoch_seconds(instant: str) -> str:
    """Return SQL for the whole seconds from 1970 to an instant."""
    if dialect() == "sqlite":
        # Instants are stored in UTC, so that the offset can be cut off with the fraction.
        return f"CAST(strftime('%s', substr({instant}, 1, 19)) AS INTEGER)"
    return f"CAST(FLOOR(date_part('epoch', {instant})) AS BIGINT)"


def days_between(day: str, instant: str, zone: str) -> str:
    """Return SQL for the number of days from an instant's day in a time zone to another day."""
    if dialect() == "sqlite":
        return f"CAST(julianday({day}) - julianday(local_day({instant}, {zone})) AS INTEGER)"
    return f"({day} - CAST({instant} AT TIME ZONE {zone} AS DATE))"


def median(value: str, table: str, by: str) -> str:
    """Return a SELECT of a column's median for each key: the middle value, or the mean of the middle two."""
    if dialect() == "postgres":
        value_sql = f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {value})"
        return (
            f"SELECT {by} AS key, {value_sql} AS value FROM {table} WHERE {value} IS NOT NULL GROUP BY {by}"
        )
    ranked = (
        f"SELECT {by} AS key, {value} AS value, "
        f"ROW_NUMBER() OVER (PARTITION BY {by} ORDER BY {value}) AS position, "
        f"COUNT(*) OVER (PARTITION BY {by}) AS size FROM {table} WHERE {value} IS NOT NULL"
    )
    # Whole-number division: both positions are the same one if the number of values is odd.
    return (
        f"SELECT key, AVG(value) AS value FROM ({ranked}) AS ranked "
        "WHERE position IN ((size + 1) / 2, (size + 2) / 2) GROUP BY key"
    )


async def load_rates(organization: OrganizationRow) -> ExchangeRates:
    """Load every exchange rate of the organization; one statement."""
    found = ExchangeRate.filter(organization_id=organization.id).order_by("valid_from")
    by_currency: dict[str, list[tuple[date, Any]]] = {}
    for row in await found.values("currency", "valid_from", "rate"):
        by_currency.setdefault(row["currency"], []).append((row["valid_from"], row["rate"]))
    return ExchangeRates(organization.base_currency, by_currency)


async def valuations(organization: OrganizationRow, period: Days, today: date) -> tuple[ToBase, ToBase]:
    """Return two conversions to base currency: at the rates before a period, and at those of its end.

    A period that has not ended is valued at today's rates. One statement.
    """
    rates = await load_rates(organization)
    start = period.start or date.min
    end = min(period.end or today, today)
    before = start - timedelta(days=1) if start > date.min else start

    def at(day: date) -> ToBase:
        return lambda group: (
            group.times * rates.to_base(group.minor, group.currency, day) if group.currency else 0
        )

    return at(before), at(end)
