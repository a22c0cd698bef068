"""Ranges of days, instants and numbers; both ends are included, and either can be open."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from schema.core.inputs import optional, or_none
from workflow.queries.conditions import Days, NumberRange, Span


@strawberry.input(description="A range of days, both ends included. An end that is left out is open.")
class DateRange:
    from_: date | None = strawberry.field(name="from", default=strawberry.UNSET, description="The first day.")
    to: date | None = optional("The last day.")


@strawberry.input(description="A range of instants, both ends included. An end that is left out is open.")
class DateTimeRange:
    from_: datetime | None = strawberry.field(
        name="from", default=strawberry.UNSET, description="The first instant."
    )
    to: datetime | None = optional("The last instant.")


@strawberry.input(
    description="A range of whole numbers, both ends included. An end that is left out is open."
)
class IntRange:
    min: int | None = optional("The smallest number.")
    max: int | None = optional("The largest number.")


@strawberry.input(description="A range of numbers, both ends included. An end that is left out is open.")
class DecimalRange:
    min: Decimal | None = optional("The smallest number.")
    max: Decimal | None = optional("The largest number.")


def to_span(value: DateTimeRange) -> Span:
    """Convert the range for a query."""
    return Span(start=or_none(value.from_), end=or_none(value.to))


def to_days(value: DateRange) -> Days:
    """Convert the range for a query."""
    return Days(start=or_none(value.from_), end=or_none(value.to))


def to_number_range(value: IntRange) -> NumberRange:
    """Convert the range for a query."""
    return NumberRange(least=or_none(value.min), most=or_none(value.max))
