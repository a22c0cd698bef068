"""Periods of days."""

from datetime import date

import strawberry

from schema.core.inputs import bad_input
from schema.core.nodes import described
from workflow.queries.conditions import Days


@strawberry.input(description="A period of days, both ends included.")
class Period:
    from_: date = strawberry.field(name="from", description="The first day, included.")
    to: date = described("The last day, included.")


def days_of(period: Period | None) -> Days:
    """Return the days of a period, all days without one; refuse a period that ends before it begins."""
    if period is None:
        return Days()
    if period.to < period.from_:
        raise bad_input("`period` ends before it begins. Give `to` a day on or after `from`.")
    return Days(period.from_, period.to)
