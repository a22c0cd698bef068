"""Scalars: exact values are parsed, and everything ambiguous is refused with a way to write it."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError

from schema.core.scalars import SCALARS, parse_instant
from schema.execution.completion import WRITE_COLUMN

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


CASES: dict[str, tuple[type, list[Any]]] = {
    "instants": (
        datetime,
        [
            datetime.min.replace(tzinfo=UTC),
            datetime(2026, 3, 1, 9, 30, 1, 120, tzinfo=UTC),
            None,
            datetime(999, 12, 31, tzinfo=UTC),
            datetime.max.replace(tzinfo=UTC),
        ],
    ),
    "instants of another zone": (
        datetime,
        [datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=2))), None, datetime(2026, 3, 1, tzinfo=UTC)],
    ),
    "days": (date, [date.min, None, date(999, 1, 2), date.max]),
    "instants as days": (date, [datetime(2026, 3, 1, 9, tzinfo=UTC), None]),
}


@pytest.mark.parametrize(("scalar", "values"), CASES.values(), ids=CASES)
def test_a_column_is_written_like_each_of_its_values(scalar: type, values: list[Any]) -> None:
    write: Any = SCALARS[scalar].serialize

    written = getattr(write, WRITE_COLUMN)(values)

    assert written == [None if value is None else write(value) for value in values]
