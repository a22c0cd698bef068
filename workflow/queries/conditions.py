"""Ranges of days, instants and numbers, and the conditions on columns that filters are built from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from tortoise.expressions import Q

EARLIEST_DAY = date(1900, 1, 1)
LATEST_DAY = date(9000, 1, 1)
"""A range of instants is open towards days outside these two, because a time zone can push the
first and last days of the calendar out of it."""


@dataclass(frozen=True, slots=True)
class Days:
    """A range of days, both ends included; None is open."""

    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A range of instants, both ends included; None is open."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class NumberRange:
    """A range of whole numbers, both ends included; None is open.

    Amounts are minor units of base currency.
    """

    least: int | None = None
    most: int | None = None


def span_of(days: Days, time_zone: str) -> Span:
    """Return the instants of these days in a time zone."""
    zone = ZoneInfo(time_zone)
    start = days.start
    end = days.end
    return Span(
        start=None if start is None or start < EARLIEST_DAY else datetime.combine(start, time.min, zone),
        end=None if end is None or end > LATEST_DAY else datetime.combine(end, time.max, zone),
    )


def where(condition: str, value: Any) -> Q:  # Any: of the column's own kind
    """Return a condition on a column whose name is in a string."""
    return Q(**{condition: value})


def column_in(
    column: str, values: Iterable[Any], *, max_length: int = 255
) -> Q:  # Any: of the column's own kind
    """Return the condition that a column has one of these values."""
    # A text longer than the column cannot be stored in it, and PostgreSQL refuses some such texts as values.
    return where(
        f"{column}__in", [one for one in values if not isinstance(one, str) or len(one) <= max_length]
    )


def in_span(column: str, span: Span | None) -> Q:
    """Return the condition that an instant is in a range; any instant is in None."""
    return Q() if span is None else _between(column, span.start, span.end)


def in_days(column: str, days: Days | None) -> Q:
    """Return the condition that a day is in a range; any day is in None."""
    return Q() if days is None else _between(column, days.start, days.end)


def in_number_range(column: str, numbers: NumberRange | None) -> Q:
    """Return the condition that a number is in a range; any number is in None."""
    return Q() if numbers is None else _between(column, numbers.least, numbers.most)


def _between(column: str, least: object, most: object) -> Q:
    condition = Q()
    if least is not None:
        condition &= where(f"{column}__gte", least)
    if most is not None:
        condition &= where(f"{column}__lte", most)
    return condition
