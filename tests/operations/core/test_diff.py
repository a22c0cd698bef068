"""Changed fields, as events carry them."""

from decimal import Decimal

from workflow.operations.core.diff import diff


def test_only_fields_that_differ_are_returned_under_their_api_names() -> None:
    before = {"name": "Pilot", "close_date": None, "weight": 1}
    after = {"name": "Pilot", "close_date": "2026-03-01", "weight": 2}

    assert diff(before, after) == {
        "closeDate": {"old": None, "new": "2026-03-01"},
        "weight": {"old": 1, "new": 2},
    }


def test_a_field_that_was_absent_was_null() -> None:
    assert diff({}, {"name": "Pilot", "note": None}) == {"name": {"old": None, "new": "Pilot"}}


def test_a_field_that_is_not_in_the_change_is_left_out() -> None:
    assert diff({"name": "Pilot", "note": "Call them"}, {"name": "Pilot"}) == {}


def test_an_amount_is_one_field_with_its_currency() -> None:
    before = {"value_minor": None, "value_currency": None}
    after = {"value_minor": 1050, "value_currency": "EUR"}

    new = {"amount": Decimal("10.50"), "currency": "EUR"}
    assert diff(before, after) == {"value": {"old": None, "new": new}}


def test_another_currency_is_a_change_even_if_the_minor_units_are_equal() -> None:
    before = {"value_minor": 1000, "value_currency": "EUR"}
    after = {"value_minor": 1000, "value_currency": "JPY"}

    assert diff(before, after)["value"] == {
        "old": {"amount": Decimal("10.00"), "currency": "EUR"},
        "new": {"amount": Decimal("1000"), "currency": "JPY"},
    }


def test_columns_for_search_are_left_out() -> None:
    change = diff({"name": "A", "name_folded": "a"}, {"name": "B", "name_folded": "b"})

    assert change == {"name": {"old": "A", "new": "B"}}
