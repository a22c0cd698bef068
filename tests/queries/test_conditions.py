"""Ranges and the conditions on columns."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from tortoise.expressions import Q

from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import deal_row, row_defaults
from workflow.models import Opportunity
from workflow.queries.conditions import (
    Days,
    NumberRange,
    Span,
    column_in,
    in_days,
    in_number_range,
    in_span,
    span_of,
)

DAY = date(2026, 3, 29)


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_instants_of_a_day_are_those_of_the_time_zone_even_when_it_has_23_hours() -> None:
    span = span_of(Days(DAY, DAY), "Europe/Berlin")

    assert span.start is not None and span.end is not None
    assert span.start.astimezone(UTC) == at("2026-03-28T23:00:00")
    assert span.end.astimezone(UTC) == at("2026-03-29T21:59:59.999999")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_first_and_last_days_of_the_calendar_are_open_ends(zone: str) -> None:
    assert span_of(Days(date.min, date.max), zone) == Span()
    assert span_of(Days(), zone) == Span()


async def found(organization: TestOrganization, condition: Q) -> list[str]:
    """Names of the organization's deals that a condition matches."""
    rows = Opportunity.filter(condition, organization_id=organization.id).order_by("name")
    return [str(name) for name in await rows.values_list("name", flat=True)]


@pytest.fixture
async def deals(organization: TestOrganization) -> Sequence[UUID]:
    """Deals 0 to 3: one of each day, value and close date."""
    defaults = await row_defaults(organization)
    rows = [
        deal_row(
            defaults,
            name=f"Straße {number}",
            created_at=NOW + timedelta(days=number),
            expected_close_date=None if number == 0 else DAY + timedelta(days=number),
            base_minor=number * 100,
            source=None if number == 0 else f"source {number}",
        )
        for number in range(4)
    ]
    await Opportunity.bulk_create(rows)
    return [row.id for row in rows]


async def test_both_ends_of_a_range_are_included_and_none_is_open(
    organization: TestOrganization, deals: Sequence[UUID]
) -> None:
    middle = ["Straße 1", "Straße 2"]

    span = Span(NOW + timedelta(days=1), NOW + timedelta(days=2))
    assert await found(organization, in_span("created_at", span)) == middle
    days = Days(DAY + timedelta(days=1), DAY + timedelta(days=2))
    assert await found(organization, in_days("expected_close_date", days)) == middle
    assert await found(organization, in_number_range("base_minor", NumberRange(100, 200))) == middle
    assert await found(organization, in_number_range("base_minor", NumberRange(most=100))) == [
        "Straße 0",
        "Straße 1",
    ]
    assert await found(organization, in_number_range("base_minor", NumberRange(0, 0))) == ["Straße 0"]


async def test_no_range_matches_everything_and_an_open_one_only_filled_columns_once_it_has_an_end(
    organization: TestOrganization, deals: Sequence[UUID]
) -> None:
    assert len(await found(organization, in_days("expected_close_date", None))) == 4
    assert len(await found(organization, in_days("expected_close_date", Days()))) == 4
    assert len(await found(organization, in_days("expected_close_date", Days(start=date.min)))) == 3


async def test_a_value_that_is_longer_than_its_column_matches_nothing(
    organization: TestOrganization, deals: Sequence[UUID]
) -> None:
    assert await found(organization, column_in("source", ["source 1", "s" * 256])) == ["Straße 1"]
    assert await found(organization, column_in("source", ["s" * 9], max_length=8)) == []
    assert await found(organization, column_in("source", [])) == []
