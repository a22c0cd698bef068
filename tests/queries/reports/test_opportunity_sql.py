"""The parts that report statements are composed of."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import deal_row, row_defaults
from tests.support.statements import statements
from workflow.models import ExchangeRate, Opportunity
from workflow.models.columns import new_id
from workflow.models.engine.database import fetch
from workflow.queries.conditions import Days
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import matching
from workflow.queries.people.people import find_organization
from workflow.queries.reports.opportunity_sql import (
    OpportunitySql,
    days_between,
    epoch_seconds,
    group_label,
    median,
    valuations,
)
from workflow.rules.reports.slippage import ValueGroup

DAY = date(2026, 3, 2)


async def insert(organization: TestOrganization, rows: Sequence[dict[str, Any]]) -> None:
    """Deals with these columns."""
    defaults = await row_defaults(organization)
    await Opportunity.bulk_create(deal_row(defaults, **columns) for columns in rows)


def statement(organization: TestOrganization, filter: OpportunityFilter, *columns: str) -> OpportunitySql:
    """A statement over the visible deals that match."""
    return OpportunitySql(matching(organization.ctx.viewer, filter), *columns)


async def test_values_of_the_filter_and_bound_ones_reach_their_own_places(
    organization: TestOrganization,
) -> None:
    await insert(organization, [{"name": f"? {n}", "source": "a?b", "base_minor": n} for n in range(4)])
    await insert(organization, [{"name": "other", "source": "c", "base_minor": 9}])
    filter = OpportunityFilter(text="? ", source=("a?b", "x"))
    composed = statement(organization, filter, "name", "base_minor")
    least = composed.bind(2)
    label = composed.bind("it's $1 ?")

    async with statements() as sent:
        rows = await composed.rows(
            {"large": f"SELECT * FROM deal WHERE base_minor >= {least}"},
            f"SELECT name, CAST({label} AS TEXT) AS label FROM large ORDER BY name",
        )

    assert len(sent) == 1
    assert rows == [{"name": f"? {n}", "label": "it's $1 ?"} for n in (2, 3)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (Days(), ["0", "1", "2"]),
        (Days(DAY + timedelta(days=1)), ["1", "2"]),
        (Days(end=DAY + timedelta(days=1)), ["0", "1"]),
        (Days(DAY + timedelta(days=1), DAY + timedelta(days=1)), ["1"]),
    ],
)
async def test_a_range_of_days_includes_its_ends_and_never_an_empty_column(
    organization: TestOrganization, days: Days, expected: list[str]
) -> None:
    dated = [{"name": str(n), "expected_close_date": DAY + timedelta(days=n)} for n in range(3)]
    await insert(organization, [*dated, {"name": "empty"}])
    composed = statement(organization, OpportunityFilter(), "name", "expected_close_date")

    condition = composed.date_in("expected_close_date", days)
    rows = await composed.rows({}, f"SELECT name FROM deal WHERE {condition} ORDER BY name")

    assert [row["name"] for row in rows] == expected


@pytest.mark.parametrize(
    ("values", "expected"), [([5], 5), ([1, 9], 5), ([3, 1, 2], 2), ([4, 1, 3, 100], 3.5), ([2, None, 4], 3)]
)
async def test_the_median_is_the_middle_value_or_the_mean_of_the_middle_two(
    organization: TestOrganization, values: list[int | None], expected: float
) -> None:
    await insert(organization, [{"base_minor": value, "source": "a"} for value in values])
    await insert(organization, [{"base_minor": 77, "source": "b"}])
    composed = statement(organization, OpportunityFilter(), "source", "base_minor")

    rows = await composed.rows({}, f"{median('base_minor', 'deal', 'source')}")

    assert {row["key"]: float(row["value"]) for row in rows} == {"a": expected, "b": 77}


@pytest.mark.parametrize(
    ("zone", "expected"), [("UTC", 1), ("Pacific/Auckland", 0), ("America/Los_Angeles", 1)]
)
async def test_days_between_count_from_the_day_in_the_time_zone(
    organization: TestOrganization, zone: str, expected: int
) -> None:
    created = datetime(2026, 3, 1, 20, tzinfo=NOW.tzinfo)
    await insert(organization, [{"created_at": created, "expected_close_date": DAY}])
    composed = statement(organization, OpportunityFilter(), "created_at", "expected_close_date")
    days = days_between("expected_close_date", "created_at", composed.bind(zone))

    [row] = await composed.rows(
        {}, f"SELECT {days} AS days, {epoch_seconds('created_at')} AS seconds FROM deal"
    )

    assert (row["days"], row["seconds"]) == (expected, int(created.timestamp()))


@pytest.mark.parametrize(
    ("label", "by", "expected"),
    [
        ("", "CLOSE_MONTH", "No close month"),
        ("MOST_LIKELY", "FORECAST_CATEGORY", "Most likely"),
        ("ACME_EU", "ACCOUNT", "ACME_EU"),
    ],
)
def test_a_group_is_labelled_by_its_name_or_by_an_enum_in_plain_words(
    label: str, by: str, expected: str
) -> None:
    assert group_label(label, by) == expected


async def test_a_period_is_valued_at_the_rates_of_the_day_before_it_and_of_its_end_or_today(
    organization: TestOrganization,
) -> None:
    for day, rate in ((date(2026, 1, 1), 2), (DAY, 3), (date(2026, 6, 1), 5)):
        await ExchangeRate.create(
            id=new_id(), organization_id=organization.id, currency="USD", rate=rate, valid_from=day
        )
    own = await find_organization(str(organization.id))

    async def values(period: Days, today: date) -> tuple[float, float]:
        before, after = await valuations(own, period, today)
        group = ValueGroup(100, "USD", times=2)
        return before(group), after(group)

    assert await values(Days(DAY, date(2026, 12, 31)), date(2026, 5, 1)) == (400, 600)
    assert await values(Days(DAY, date(2026, 6, 30)), date(2026, 7, 1)) == (400, 1000)
    before, _ = await valuations(own, Days(DAY), DAY)
    assert before(ValueGroup(0, None)) == 0
    assert await fetch("SELECT COUNT(*) AS n FROM exchange_rate WHERE organization_id = $1", own.id) == [
        {"n": 3}
    ]
