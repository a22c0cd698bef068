"""Invalid and hostile values for each input type."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
)

from schema.core.ids import encode
from workflow.models.columns import new_id

UNKNOWN_ORGANIZATION = encode("Organization", new_id())
TEXTS = [
    "",
    " ",
    "x" * 256,
    "x" * 250_000,
    "💥" * 255,
    "İ" * 255,
    "\x00",
    "\ud800",
    "\x01",
    "%_\\'\"",
    5,
    None,
]
IDS = ["", "x", "x" * 10_000, "é", UNKNOWN_ORGANIZATION, encode("Account", new_id()), 5, -1, None]
INTS = [0, -1, 2**31 - 1, -(2**31), 2**31, 10**30, 1.5, "1", True, None]
DECIMALS = [
    "0",
    "-0",
    "-1",
    "1e30",
    "1e-30",
    "1e400",
    "NaN",
    "Infinity",
    "1" * 50,
    "",
    1.5,
    1e300,
    True,
    None,
]
DAYS = ["0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "2026-1-1", "٢026-01-01", "", 5, None]
INSTANTS = [
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-01-01T00:00:00",
    "2026-01-01",
    "",
    5,
    None,
]
JSON_VALUES = [
    {},
    [],
    "x",
    5,
    None,
    {"": 1},
    {"a": 10**400},
    {"a": float("inf")},
    {"a": "x" * 200_000},
    {"\x00": 1},
]
SCALARS: Mapping[str, list[Any]] = {
    "String": TEXTS,
    "ID": IDS,
    "Int": INTS,
    "Float": [0, -1, 2, 1e308, float("inf"), "1", None],
    "Boolean": [None, "x", 1],
    "Decimal": DECIMALS,
    "Date": DAYS,
    "DateTime": INSTANTS,
}
VALID_OBJECTS: Mapping[str, Mapping[str, Any]] = {
    "MoneyInput": {"amount": "1", "currency": "EUR"},
    "NextStepInput": {"text": "Call"},
    "AssessmentInput": {"criterion": "pain", "grade": "IDENTIFIED"},
}
"""Valid objects of inputs, to put hostile field values into."""


def invalid_values(kind: GraphQLInputType) -> Iterator[Any]:
    """Yield invalid and hostile values for a type."""
    inner = get_nullable_type(kind)
    if isinstance(inner, GraphQLList):
        yield from _lists(inner)
    elif isinstance(inner, GraphQLInputObjectType):
        yield from ({}, [], 5, None)
        for name, field in inner.fields.items():
            if get_named_type(field.type) is not inner:
                yield from (
                    {**VALID_OBJECTS.get(inner.name, {}), name: value} for value in invalid_values(field.type)
                )
    elif isinstance(inner, GraphQLEnumType):
        yield from ("NOPE", "", 5, None)
    elif str(inner) == "JSON":
        yield from (*JSON_VALUES, _nested(21), _nested(400), _nested(900))
    else:
        yield from SCALARS[str(inner)]


def _lists(kind: GraphQLList[Any]) -> Iterator[Any]:
    """Yield lists: empty, with a hostile value, with a value twice, and with a value very often."""
    values = list(invalid_values(kind.of_type))
    sample = next((value for value in values if isinstance(value, str | int) and value), None)
    yield from ([], None, 5)
    yield from ([value] for value in values)
    yield from ([sample] * times for times in (2, 2_000) if sample is not None)


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value
