"""Rows of records: values of either database become those of the annotations when they are used."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import TestOrganization
from workflow.models import Member, Team
from workflow.queries.people.people import MemberRow, TeamRow
from workflow.queries.records import (
    RecordRow,
    Statement,
    converted_record,
    is_record_row,
    remember_statement,
    rows_by_id,
    statement,
)
from workflow.rules.enums import Role

ID = UUID("01a22fe0-ff4f-7260-81a8-0a46ecc10acd")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Color(StrEnum):
    """An enum of the row."""

    RED = "RED"


class StoredRow(RecordRow):
    """A row with a column of every kind."""

    id: UUID
    at: datetime
    day: date | None
    color: Color | None
    active: bool
    attributes: dict[str, Any]
    name: str | None


STORED = [
    {"id": str(ID), "at": "2026-03-01 12:00:00+00:00", "day": "2026-03-01", "color": "RED", "active": 1,
     "attributes": '{"a": [1]}', "name": "Acme"},
    {"id": str(ID), "at": "2026-03-01 12:00:00", "day": "2026-03-01", "color": "RED", "active": 1,
     "attributes": '{"a": [1]}', "name": "Acme"},
    {"id": ID, "at": NOON, "day": date(2026, 3, 1), "color": Color.RED, "active": True,
     "attributes": {"a": [1]}, "name": "Acme"},
]  # fmt: skip
"""The same row as SQLite returns it, without a time zone, and as Python's own values."""


@pytest.mark.parametrize("record", STORED)
def test_a_value_is_that_of_its_annotation_however_it_is_stored(record: dict[str, Any]) -> None:
    row = StoredRow(record)

    assert row.values() == {
        "id": ID,
        "at": NOON,
        "day": date(2026, 3, 1),
        "color": Color.RED,
        "active": True,
        "attributes": {"a": [1]},
        "name": "Acme",
    }
    assert {name: StoredRow.read_column(name, [row]) for name in StoredRow.columns} == {
        name: [value] for name, value in row.values().items()
    }


def test_an_empty_value_stays_empty() -> None:
    row = StoredRow({**STORED[0], "day": None, "color": None, "name": None})

    assert (row.day, row.color, row.name) == (None, None, None)


def test_rows_with_equal_values_are_equal() -> None:
    one = StoredRow(STORED[0])
    other = StoredRow(STORED[2])

    assert one == other
    assert one != one.changed(name="Globex")
    assert one != STORED[0]
    assert "Acme" in repr(one)
    assert len({StoredRow(STORED[0]), StoredRow(STORED[0])}) == 1


def test_only_classes_of_rows_read_records_as_they_are() -> None:
    assert is_record_row(StoredRow)
    assert not is_record_row(dict)
    assert not is_record_row(StoredRow(STORED[0]).values)


async def test_rows_are_read_by_id_within_the_organization(organization: TestOrganization) -> None:
    [member] = await Member.filter(organization_id=organization.id).limit(1)
    id = member.id

    found = await rows_by_id(MemberRow, Member, organization.id, [id, uuid4()])
    elsewhere = await rows_by_id(MemberRow, Member, uuid4(), [id])

    assert {key: row.id for key, row in found.items()} == {id: id}
    assert isinstance(found[id].role, Role)
    assert elsewhere == {}


async def test_a_statement_is_built_once_for_each_key(organization: TestOrganization) -> None:
    built: list[str] = []

    def build() -> Statement:
        built.append("once")
        return statement(Team.filter(organization_id=organization.id).values(*TeamRow.columns))

    key = uuid4()
    first = remember_statement(key, build)

    assert remember_statement(key, build) is first
    assert built == ["once"]
    assert await first.read() == []


async def test_a_record_is_converted_as_tortoise_would(organization: TestOrganization) -> None:
    rows = Member.filter(organization_id=organization.id).limit(1)
    columns = ("id", "created_at", "active", "team_id")

    [record] = await statement(rows.values(*columns)).read()

    assert [converted_record(Member, columns, record)] == await rows.values(*columns)
