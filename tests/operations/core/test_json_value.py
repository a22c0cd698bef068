"""Conversion of Python values for JSON."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from workflow.operations.core.json_value import to_json_value
from workflow.rules.enums import Role

ID = UUID("00000000-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (7, 7),
        ("text", "text"),
        (ID, str(ID)),
        (Role.REP, "REP"),
        (date(2026, 3, 2), "2026-03-02"),
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "2026-03-02T09:00:00+00:00"),
        (Decimal("0.10"), "0.10"),
        ((1, Decimal("2.0")), [1, "2.0"]),
        (frozenset({ID}), [str(ID)]),
        ({"ids": [ID], "of": {"role": Role.REP}}, {"ids": [str(ID)], "of": {"role": "REP"}}),
    ],
)
def test_each_kind_of_value_is_converted(value: object, expected: object) -> None:
    converted = to_json_value(value)

    assert converted == expected
    assert json.loads(json.dumps(converted)) == expected


def test_an_enum_becomes_a_plain_text() -> None:
    assert type(to_json_value(Role.REP)) is str
