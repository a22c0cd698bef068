"""Codec: decoding of plain data with every fault, and encoding without loss."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from workflow.rules.codec import SECRET_FIELD, camel, decode, encode, has_secret, is_id
from workflow.rules.enums import RiskLevel
from workflow.rules.errors import InvalidInputError


@dataclass(frozen=True)
class Leaf:
    """A record inside of another."""

    name: str
    level: RiskLevel = RiskLevel.LOW


@dataclass(frozen=True)
class Root:
    """A record with a field of every type."""

    title: str
    leaves: tuple[Leaf, ...]
    count: int = 0
    share: Decimal = Decimal(0)
    ratio: float = 0.0
    done: bool = False
    due_date: date | None = None
    created_at: datetime | None = None
    owner_id: UUID | None = None
    note: str | None = None
    value: Any = None  # Any: JSON
    secret: str | None = field(default=None, metadata={SECRET_FIELD: True})


FULL = Root(
    title="Deal",
    leaves=(Leaf("a"), Leaf("b", RiskLevel.HIGH)),
    count=3,
    share=Decimal("0.25"),
    ratio=1.5,
    done=True,
    due_date=date(2026, 3, 31),
    created_at=datetime(2026, 3, 31, 9, 30, tzinfo=UTC),
    owner_id=UUID(int=7),
    note="Ünïcode",
    value=["a", 1],
)


def faults(data: object, shape: type = Root) -> list[tuple[str, str]]:
    """Return the path and message of each fault."""
    with pytest.raises(InvalidInputError) as refused:
        decode(shape, data)
    return [(".".join(problem.path), problem.message) for problem in refused.value.fields]


def test_what_is_encoded_decodes_to_the_same_value() -> None:
    data = encode(FULL)

    assert decode(Root, data) == FULL
    assert isinstance(data, Mapping)
    assert data["dueDate"] == "2026-03-31"


def test_nulls_and_secrets_are_left_out() -> None:
    assert encode(Root("A", (), secret="whsec")) == {
        "title": "A",
        "leaves": [],
        "count": 0,
        "share": 0.0,
        "ratio": 0.0,
        "done": False,
    }
    assert (has_secret(FULL), has_secret(Leaf("a")), has_secret("text")) == (True, False, False)


def test_every_fault_is_reported_with_its_path() -> None:
    data = {"leaves": [{"name": 5}, {"name": "b", "level": "SEVERE"}], "count": "3", "colour": "red"}

    assert sorted(faults(data)) == [
        (
            "colour",
            "colour is not a known field; known fields are title, leaves, count, share, ratio, done, "
            "dueDate, createdAt, ownerId, note, value, secret.",
        ),
        ("count", "count must be a whole number."),
        ("leaves.0.name", "leaves.0.name must be a text."),
        ("leaves.1.level", "leaves.1.level must be one of LOW, MEDIUM, HIGH, CRITICAL."),
        ("title", "title is missing."),
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", True),
        ("count", 1.0),
        ("share", True),
        ("share", float("nan")),
        ("share", 10**15),
        ("ratio", float("inf")),
        ("done", 1),
        ("dueDate", "2026-02-30"),
        ("dueDate", "1899-12-31"),
        ("dueDate", "9999-01-01"),
        ("createdAt", "2026-03-31T09:30:00"),
        ("createdAt", "tomorrow"),
        ("ownerId", "7"),
        ("ownerId", 7),
        ("value", {"a": 1}),
        ("value", [["a"]]),
        ("leaves", "ab"),
        ("leaves", None),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: object) -> None:
    data = {"title": "A", "leaves": [], name: value}

    assert [path for path, _ in faults(data)] == [name]


def test_a_document_that_is_not_an_object_is_refused_as_a_whole() -> None:
    assert faults(["a"]) == [("", "The document must be an object with named fields.")]


def test_a_field_that_may_be_null_may_be_missing_too() -> None:
    assert decode(Root, {"title": "A", "leaves": [], "note": None}) == Root("A", ())


def test_a_negative_zero_is_encoded_as_zero() -> None:
    assert str(encode(Root("A", (), ratio=-0.0))).count("-0.0") == 0


@pytest.mark.parametrize(
    ("name", "spelled"), [("name", "name"), ("due_date", "dueDate"), ("a_b_c", "aBC"), ("from_", "from")]
)
def test_names_are_spelled_in_camel_case(name: str, spelled: str) -> None:
    assert camel(name) == spelled


def test_only_a_uuid_is_an_id() -> None:
    assert is_id(str(UUID(int=7)))
    assert not is_id("seven")
