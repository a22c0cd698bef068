"""Lists of opportunities: their order and their totals."""

from typing import Any

import pytest

from tests.support.graphql import execute, execute_with_errors
from tests.support.organizations import TestOrganization
from tests.support.rows import deal_row, row_defaults
from workflow.models import Opportunity

LIST = """query($order: [OpportunityOrder!]) { opportunities(orderBy: $order) {
  totalCount totalValue { amount currency } nodes { name } } }"""


@pytest.fixture
async def names(organization: TestOrganization) -> list[str]:
    """Three deals in the order of their numbers: without a value, of 2 euros and of 1 euro."""
    place = await row_defaults(organization)
    values = {"None": None, "Two": 200, "One": 100}
    rows = [
        deal_row(place, name=name, value_minor=minor, value_currency=minor and "EUR", base_minor=minor)
        for name, minor in values.items()
    ]
    await Opportunity.bulk_create(rows)
    return list(values)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (None, ["None", "Two", "One"]),
        ([], ["None", "Two", "One"]),
        ([{"field": "VALUE"}], ["One", "Two", "None"]),
        ([{"field": "VALUE", "direction": "DESC"}], ["Two", "One", "None"]),
        ([{"field": "PROBABILITY"}, {"field": "NAME", "direction": "DESC"}], ["Two", "One", "None"]),
    ],
)
async def test_deals_are_sorted_by_each_key_and_those_without_a_value_come_last(
    organization: TestOrganization, names: list[str], order: Any, expected: list[str]
) -> None:
    found = (await execute(organization.ctx, LIST, order=order))["opportunities"]

    assert [node["name"] for node in found["nodes"]] == expected
    assert (found["totalCount"], found["totalValue"]) == (3, {"amount": "3.00", "currency": "EUR"})


async def test_a_field_cannot_be_sorted_by_twice(organization: TestOrganization) -> None:
    order = [{"field": "NAME"}, {"field": "NAME", "direction": "DESC"}]

    found = await execute_with_errors(organization.ctx, LIST, order=order)

    assert found["errors"] == ["`orderBy` names a field twice. Name each field once."]


async def test_the_total_is_an_error_if_a_currency_has_no_rate(organization: TestOrganization) -> None:
    place = await row_defaults(organization)
    await Opportunity.bulk_create([deal_row(place, value_minor=100, value_currency="USD", base_minor=None)])

    found = await execute_with_errors(organization.ctx, LIST)

    assert found["errors"] == [
        "`totalValue` is not known: the currency of an opportunity has no exchange rate."
    ]
    assert (found["data"]["opportunities"]["totalCount"], found["data"]["opportunities"]["totalValue"]) == (
        1,
        None,
    )
