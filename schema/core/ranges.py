"""Spans of time and of amounts, both ends included and either left open."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from schema.core.inputs import maybe, or_none
from workflow.queries.opportunity.accounts import Span
from workflow.queries.opportunity.filter import Between, Days


@strawberry.input(description="From a day to a day, both included; an end left out is open.")
class DateRange:
    """Days."""

    from_: date | None = strawberry.field(name="from", default=strawberry.UNSET, description="The first day.")
    to: date | None = maybe("The last day.")


@strawberry.input(description="From an instant to an instant, both included; an end left out is open.")
class DateTimeRange:
    """Instants."""

    from_: datetime | None = strawberry.field(name="from", default=strawberry.UNSET, description="The first instant.")
    to: datetime | None = maybe("The last instant.")


@strawberry.input(description="From a whole number to a whole number, both included; an end left out is open.")
class IntRange:
    """Whole numbers."""

    min: int | None = maybe("The least.")
    max: int | None = maybe("The most.")


@strawberry.input(description="From a number to a number, both included; an end left out is open.")
class DecimalRange:
    """Numbers."""

    min: Decimal | None = maybe("The least.")
    max: Decimal | None = maybe("The most.")


def span(value: DateTimeRange) -> Span:
    """The span as a query takes it."""
    return Span(start=or_none(value.from_), end=or_none(value.to))


def days(value: DateRange) -> Days:
    """The days as a query takes them."""
    return Days(start=or_none(value.from_), end=or_none(value.to))


def numbers(value: IntRange) -> Between:
    """The numbers as a query takes them."""
    return Between(least=or_none(value.min), most=or_none(value.max))
