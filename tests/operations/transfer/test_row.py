"""The columns of a row, their comparison with the last import, and the stored outcome."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from workflow.operations.core.validation import MoneyAmount
from workflow.operations.transfer.row import (
    ImportRow,
    ImportRowOutcome,
    changed_since,
    check_dates,
    from_stored,
    normalized,
    start_of_day,
    to_stored,
    validate_row,
)
from workflow.rules.enums import ImportOutcome, OpportunityState
from workflow.rules.errors import FieldProblem, InvalidInputError, NotFoundError, RecordClosedError
from workflow.rules.transfer.opportunity_document import OpportunityDocument

ROW = ImportRow(external_id=" 1 ", name=" Pilot ", account_name="Acme")
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")


def test_columns_are_trimmed_and_those_left_out_are_missing() -> None:
    columns = validate_row(
        replace(ROW, source=" ", closed_on=None, document=OpportunityDocument(push_count=1))
    )

    assert columns == {
        "external_id": "1",
        "name": "Pilot",
        "account_name": "Acme",
        "source": None,
        "closed_on": None,
    }


def test_every_fault_of_a_row_is_reported_at_once() -> None:
    row = replace(
        ROW, name="", source="a\x00", created_at=datetime(1800, 1, 1, tzinfo=UTC), closed_on=date(1899, 1, 1)
    )

    with pytest.raises(InvalidInputError) as refusal:
        validate_row(row)

    assert {field.path for field in refusal.value.fields} == {
        ("name",),
        ("source",),
        ("createdAt",),
        ("closedOn",),
    }


def test_equal_values_have_one_normal_form() -> None:
    two_hours_east = timezone(timedelta(hours=2))
    here = normalized({"value": MoneyAmount(Decimal("1.5"), "EUR"), "created_at": NOW})
    there = normalized(
        {"value": MoneyAmount(Decimal("1.50"), "EUR"), "created_at": NOW.astimezone(two_hours_east)}
    )

    assert (
        here
        == there
        == {"value": {"minor": 150, "currency": "EUR"}, "created_at": "2026-03-02T01:00:00+00:00"}
    )


def test_only_changed_columns_and_attributes_are_returned() -> None:
    last = normalized({"name": "Pilot", "source": "fair", "attributes": {"a": 1, "b": 2}})

    changes = changed_since({"name": "Pilot", "source": None, "attributes": {"a": 1, "b": 3, "c": 4}}, last)

    assert changes == {"source": None, "attributes": {"b": 3, "c": 4}}


FAULTS: list[tuple[dict[str, Any], OpportunityState, str]] = [
    ({"created_at": NOW + timedelta(seconds=1)}, OpportunityState.LEAD, "createdAt"),
    ({"state_since": NOW + timedelta(seconds=1)}, OpportunityState.LEAD, "stateSince"),
    ({"created_at": NOW, "state_since": NOW - timedelta(seconds=1)}, OpportunityState.LEAD, "stateSince"),
    ({"closed_on": date(2026, 3, 3)}, OpportunityState.WON, "closedOn"),
    ({"closed_on": date(2026, 3, 1), "created_at": NOW}, OpportunityState.WON, "closedOn"),
    ({"closed_on": date(2026, 3, 1)}, OpportunityState.LEAD, "closedOn"),
    ({"win_reason": "SPEED"}, OpportunityState.LOST, "winReason"),
]


@pytest.mark.parametrize(("columns", "state", "field"), FAULTS)
def test_dates_and_reasons_that_contradict_the_state_are_refused(
    columns: dict[str, Any], state: OpportunityState, field: str
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        check_dates(columns, state, NOW, UTC_ZONE)

    assert [problem.path for problem in refusal.value.fields] == [(field,)]


def test_today_is_the_organizations_day() -> None:
    columns = {"closed_on": date(2026, 3, 2)}
    check_dates(columns, OpportunityState.WON, NOW, UTC_ZONE)

    with pytest.raises(InvalidInputError, match="after today"):
        check_dates(columns, OpportunityState.WON, NOW, ZoneInfo("America/New_York"))

    assert start_of_day(date(2026, 3, 2), ZoneInfo("America/New_York")) == datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "problem",
    [
        None,
        InvalidInputError((FieldProblem(("name",), "`name` is missing."),)),
        RecordClosedError(state=OpportunityState.WON, opportunity_id=uuid4()),
        NotFoundError("Opportunity", uuid4()),
    ],
    ids=["imported", "invalid", "closed", "not found"],
)
def test_a_stored_outcome_is_read_back_with_its_refusal(problem: Any) -> None:
    id = getattr(problem, "opportunity_id", None) or getattr(problem, "id", None) or uuid4()
    result = ImportOutcome.CREATED if problem is None else ImportOutcome.REJECTED
    outcome = ImportRowOutcome(3, "1", result, id, problem)

    read = from_stored(to_stored(outcome))

    assert replace(read, problem=None) == replace(outcome, problem=None)
    assert type(read.problem) is type(problem)
    assert str(read.problem) == str(problem)
