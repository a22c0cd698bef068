"""Money in minor units, for currencies with any number of decimals."""

from decimal import Decimal

import pytest

from workflow.rules.money import convert_minor, exponent, weighted_minor


@pytest.mark.parametrize(
    ("minor", "probability", "weighted"),
    [
        (None, "0.5", None),
        (0, "0.5", 0),
        (1, "0.49", 0),
        (1, "0.5", 1),
        (3, "0.5", 2),
        (10_000, "0", 0),
        (10_000, "1", 10_000),
        (12_345, "0.1", 1235),
        (12_344, "0.1", 1234),
        (999_999_999_999_999, "0.35", 350_000_000_000_000),
    ],
)
def test_the_weighted_value_is_value_times_probability(
    minor: int | None, probability: str, weighted: int | None
) -> None:
    assert weighted_minor(minor, Decimal(probability)) == weighted


@pytest.mark.parametrize(
    ("minor", "currency", "base", "rate", "worth"),
    [
        (10_000, "USD", "EUR", "0.9", 9000),
        (1, "USD", "EUR", "0.5", 1),
        (1, "USD", "EUR", "0.499999999999", 0),
        (1000, "JPY", "EUR", "0.0061", 610),
        (100, "EUR", "JPY", "163.5", 164),
        (1000, "KWD", "EUR", "3", 300),
        (300, "EUR", "KWD", "0.3333333333", 1000),
    ],
)
def test_the_base_value_is_the_amount_times_the_rate(
    minor: int, currency: str, base: str, rate: str, worth: int
) -> None:
    assert convert_minor(minor, currency, base, Decimal(rate)) == worth


@pytest.mark.parametrize(
    ("currency", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("XXY", None), ("eur", None)]
)
def test_a_currency_has_its_own_decimals(currency: str, decimals: int | None) -> None:
    assert exponent(currency) == decimals
