"""Money: as many decimals as the currency has."""

from decimal import Decimal

import pytest

from schema.core.money import MoneyInput, money, parse_money


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [(123_456, "EUR", "1234.56"), (1_234, "JPY", "1234"), (1_234_567, "KWD", "1234.567"), (0, "EUR", "0.00")],
)
def test_minor_units_are_shown_in_major_units(minor: int, currency: str, shown: str) -> None:
    found = money(minor, currency)

    assert found is not None
    assert (str(found.amount), found.currency) == (shown, currency)


@pytest.mark.parametrize(("minor", "currency"), [(None, "EUR"), (100, None), (None, None)])
def test_without_an_amount_or_a_currency_there_is_no_money(minor: int | None, currency: str | None) -> None:
    assert money(minor, currency) is None


def test_an_input_is_converted_and_null_stays_null() -> None:
    given = parse_money(MoneyInput(amount=Decimal("1.50"), currency="EUR"))

    assert given is not None
    assert (given.amount, given.currency) == (Decimal("1.50"), "EUR")
    assert parse_money(None) is None
