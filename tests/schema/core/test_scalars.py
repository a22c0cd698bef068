"""Scalars: exact values are parsed, and everything ambiguous is refused with a way to write it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError

from schema.core.scalars import SCALARS, parse_instant

PARSE_DATE: Any = SCALARS[date].parse_value
PARSE_DECIMAL: Any = SCALARS[Decimal].parse_value
SERIALIZE_DECIMAL: Any = SCALARS[Decimal].serialize
SERIALIZE_INSTANT: Any = SCALARS[datetime].serialize


@pytest.mark.parametrize(
    "text", ["2026-03-01T09:30:00Z", "2026-03-01T10:30:00+01:00", "2026-02-28T23:30:00-10:00"]
)
def test_an_instant_is_converted_to_utc(text: str) -> None:
    assert parse_instant(text) == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert SERIALIZE_INSTANT(parse_instant(text)) == "2026-03-01T09:30:00+00:00"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1_772_000_000, "A DateTime is a string"),
        ("yesterday", "'yesterday' is not a DateTime"),
        ("2026-03-01T09:30:00", "has no UTC offset"),
        ("0001-01-01T00:00:00+14:00", "outside the years 1 to 9999"),
    ],
)
def test_a_doubtful_instant_is_refused(value: object, message: str) -> None:
    with pytest.raises(GraphQLError, match=message):
        parse_instant(value)


def test_a_day_is_parsed() -> None:
    assert PARSE_DATE("2026-02-28") == date(2026, 2, 28)


@pytest.mark.parametrize(
    "value", [20260228, "20260228", "2026-2-28", "2026-02-30", "2026-02-28T00:00", "२०२६-०२-२८"]
)
def test_a_day_in_another_form_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError):
        PARSE_DATE(value)


@pytest.mark.parametrize(
    ("value", "exact"), [("1234.50", "1234.50"), (3, "3"), (0.1, "0.1"), ("1e3", "1E+3")]
)
def test_a_decimal_is_exact(value: object, exact: str) -> None:
    assert str(PARSE_DECIMAL(value)) == exact


@pytest.mark.parametrize("value", [True, None, [], "ten", "NaN", "Infinity", "1e41", "1" * 41])
def test_a_decimal_that_is_not_a_bounded_number_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError, match=r"Decimal|number"):
        PARSE_DECIMAL(value)


def test_a_decimal_is_printed_without_an_exponent() -> None:
    assert SERIALIZE_DECIMAL(Decimal("1E+3")) == "1000"
