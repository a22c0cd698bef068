"""Keyset pages: every row once, in both directions, with empty columns and equal values."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import deal_row, row_defaults
from workflow.models import Opportunity
from workflow.queries.paging import Page, Term, Window, page
from workflow.rules.errors import InvalidInputError

VALUES = (300, None, 100, 300, None, 100, 200)
ORDERS = [
    (Term("base_minor", nullable=True),),
    (Term("base_minor", descending=True, nullable=True),),
    (Term("base_minor", nullable=True), Term("number", descending=True)),
]


@pytest.fixture
async def deals(organization: TestOrganization) -> None:
    """Seven deals with equal and empty values."""
    defaults = await row_defaults(organization)
    await Opportunity.bulk_create(
        deal_row(defaults, name=str(number), base_minor=value, created_at=NOW + timedelta(days=number))
        for number, value in enumerate(VALUES)
    )


async def read(organization: TestOrganization, order: Sequence[Term], window: Window) -> Page[Any]:
    """A page of the organization's deals."""

    def make(record: Mapping[str, Any]) -> tuple[Any, ...]:
        return record["base_minor"], record["name"]

    rows = Opportunity.filter(organization_id=organization.id)
    return await page(
        lambda: rows,
        table=Opportunity,
        order=order,
        window=window,
        columns=("base_minor", "name"),
        make=make,
    )


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
async def test_pages_in_both_directions_contain_every_row_once_and_in_order(
    organization: TestOrganization, deals: None, order: Sequence[Term], size: int
) -> None:
    everything = (await read(organization, order, Window(100))).rows
    forward: list[Any] = []
    backward: list[Any] = []
    after = before = None
    for _ in range(len(VALUES)):
        one = await read(organization, order, Window(size, after=after))
        forward += one.rows
        after = one.keys[-1]
        other = await read(organization, order, Window(size, before=before, backward=True))
        backward = [*other.rows, *backward]
        before = other.keys[0]
        assert one.has_previous == (len(forward) > len(one.rows))
        assert other.has_next == (len(backward) > len(other.rows))
        assert (one.has_next, other.has_previous) == (len(forward) < 7, len(backward) < 7)
        if not one.has_next:
            break

    assert forward == backward == list(everything)
    assert set(everything) == {(value, str(number)) for number, value in enumerate(VALUES)}


@pytest.mark.parametrize("descending", [False, True])
async def test_empty_columns_come_last_in_both_directions(
    organization: TestOrganization, deals: None, descending: bool
) -> None:
    found = await read(organization, [Term("base_minor", descending, nullable=True)], Window(100))

    values = [value for value, _ in found.rows]
    assert values[:5] == sorted((value for value in VALUES if value), reverse=descending)
    assert values[5:] == [None, None]


async def test_a_deleted_row_does_not_shift_the_next_page(
    organization: TestOrganization, deals: None
) -> None:
    order = [Term("created_at")]
    first = await read(organization, order, Window(3))
    await Opportunity.filter(organization_id=organization.id, name="1").delete()

    following = await read(organization, order, Window(2, after=first.keys[-1]))

    assert [name for _, name in following.rows] == ["3", "4"]


@pytest.mark.parametrize(
    "values",
    [
        ("1", "x"),
        (True, "0"),
        (None, "0"),
        (2**80, "0"),
        ("a\0b", "0"),
    ],
)
async def test_values_that_no_row_can_have_are_not_a_cursor(
    organization: TestOrganization, deals: None, values: tuple[Any, ...]
) -> None:
    with pytest.raises(InvalidInputError, match="does not belong to this list"):
        await read(organization, [Term("number")], Window(2, after=values))


@pytest.mark.parametrize(("column", "value"), [("expected_close_date", NOW), ("created_at", NOW.date())])
async def test_an_instant_is_not_a_day_and_a_day_is_not_an_instant(
    organization: TestOrganization, column: str, value: object
) -> None:
    with pytest.raises(InvalidInputError):
        await read(organization, [Term(column)], Window(2, after=(value, organization.id)))


async def test_the_id_in_a_cursor_may_come_from_the_driver_or_from_a_client(
    organization: TestOrganization, deals: None
) -> None:
    order = [Term("number")]
    first = await read(organization, order, Window(3))
    number, id = first.keys[-1]

    by_driver = await read(organization, order, Window(9, after=(number, id)))
    by_client = await read(organization, order, Window(9, after=(number, UUID(str(id)))))

    assert (by_driver.rows, list(by_driver.keys)) == (by_client.rows, list(by_client.keys))
    assert len(by_driver.rows) == 4


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
async def test_a_number_that_is_not_finite_is_not_a_cursor(
    organization: TestOrganization, value: float
) -> None:
    with pytest.raises(InvalidInputError):
        await read(organization, [Term("probability")], Window(2, before=(value, organization.id)))


def test_fewer_rows_of_a_page_are_its_first_ones_and_the_list_then_continues() -> None:
    full_page = Page(("a", "b", "c"), ((1,), (2,), (3,)), has_next=False, has_previous=True, total=9)

    assert full_page.first(2) == Page(("a", "b"), ((1,), (2,)), has_next=True, has_previous=True, total=9)
    assert full_page.first(3) == full_page
