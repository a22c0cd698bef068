"""The scalars DateTime, Date, Decimal and JSON, with strict parsing."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal as Exact
from decimal import InvalidOperation
from typing import NewType

import orjson
import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from schema.execution.completion import writes_column

MAX_DIGITS = 40


def parse_instant(value: object) -> datetime:
    """Return the instant in UTC; raise GraphQLError if it is malformed or has no offset."""
    if not isinstance(value, str):
        raise GraphQLError("A DateTime is a string such as 2026-03-01T09:30:00Z.")
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise GraphQLError(f"{value[:40]!r} is not a DateTime. Write it like 2026-03-01T09:30:00Z.") from None
    if found.tzinfo is None:
        raise GraphQLError(f"{value[:40]!r} has no UTC offset. Add Z, or an offset such as +01:00.")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise GraphQLError(f"{value[:40]!r} is outside the years 1 to 9999.") from None


def _parse_date(value: object) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise GraphQLError("A Date is a string such as 2026-03-01.")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise GraphQLError(f"{value!r} is not a day of the calendar.") from None


def _parse_decimal(value: object) -> Exact:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise GraphQLError('A Decimal is a string such as "1234.50".')
    try:
        found = Exact(str(value))
    except InvalidOperation:
        raise GraphQLError(f'{str(value)[:40]!r} is not a number. Write it like "1234.50".') from None
    if (
        not found.is_finite()
        or abs(found.adjusted()) > MAX_DIGITS
        or len(found.as_tuple().digits) > MAX_DIGITS
    ):
        raise GraphQLError(f"A Decimal must be finite and have at most {MAX_DIGITS} digits.")
    return found


def _write_instants(values: Sequence[datetime | None]) -> list[str | None]:
    # orjson writes instants in UTC like isoformat(), in a tenth of its time.
    if any(value is not None and value.tzinfo is not UTC for value in values):
        return [None if value is None else _serialize_instant(value) for value in values]
    written: list[str | None] = orjson.loads(orjson.dumps(values))
    return written


@writes_column(_write_instants)
def _serialize_instant(value: datetime) -> str:
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat()


def _write_days(values: Sequence[date | None]) -> list[str | None]:
    # Not for instants, which are days too: as days they are written without their time.
    if any(value is not None and type(value) is not date for value in values):
        return [None if value is None else _serialize_day(value) for value in values]
    written: list[str | None] = orjson.loads(orjson.dumps(values))
    return written


@writes_column(_write_days)
def _serialize_day(value: date) -> str:
    return date.isoformat(value)


def _unchanged(value: object) -> object:
    return value


def _serialize_decimal(value: Exact) -> str:
    return f"{value:f}"


Json = NewType("Json", object)

SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in ISO 8601 with a UTC offset, such as 2026-03-01T09:30:00Z. Always "
        "returned in UTC.",
        parse_value=parse_instant,
        serialize=_serialize_instant,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar day in ISO 8601, such as 2026-03-01.",
        parse_value=_parse_date,
        serialize=_serialize_day,
    ),
    Exact: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, written as a string such as "1234.50".',
        parse_value=_parse_decimal,
        serialize=_serialize_decimal,
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="Any JSON value. Used for custom fields, event payloads and process documents.",
        parse_value=_unchanged,
        serialize=_unchanged,
    ),
}
