"""A row of an import: its columns, its checks before anything is written, and its outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from workflow.operations.core.json_value import to_json_value
from workflow.operations.core.validation import MoneyAmount, Validator, minor_units
from workflow.rules.codec import camel
from workflow.rules.enums import (
    CLOSED_STATES,
    DisqualifyReason,
    ImportOutcome,
    LossReason,
    OpportunityState,
    OpportunityType,
    WinReason,
)
from workflow.rules.errors import FieldProblem, InvalidInputError, NotFoundError, RecordClosedError, Refusal
from workflow.rules.transfer.opportunity_document import OpportunityDocument


class LeftOut(Enum):
    """The value of a column that the row does not have; the stored value stays."""

    LEFT_OUT = "left out"


LEFT_OUT: Final = LeftOut.LEFT_OUT
OWN_SYSTEM: Final = "pursuit"
"""The external system of an opportunity that came from no other system.

Its external id is then its own UUID.
"""
EARLIEST_INSTANT: Final = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An opportunity of another system.

    None clears a column, LEFT_OUT keeps it; the document counts only for a new one.
    """

    external_id: str
    name: str
    account_name: str
    owner_email: str | LeftOut | None = LEFT_OUT
    state: OpportunityState | LeftOut | None = LEFT_OUT
    value: MoneyAmount | LeftOut | None = LEFT_OUT
    created_at: datetime | LeftOut | None = LEFT_OUT
    state_since: datetime | LeftOut | None = LEFT_OUT
    expected_close_date: date | LeftOut | None = LEFT_OUT
    closed_on: date | LeftOut | None = LEFT_OUT
    type: OpportunityType | LeftOut | None = LEFT_OUT
    source: str | LeftOut | None = LEFT_OUT
    win_reason: WinReason | LeftOut | None = LEFT_OUT
    loss_reason: LossReason | LeftOut | None = LEFT_OUT
    disqualify_reason: DisqualifyReason | LeftOut | None = LEFT_OUT
    attributes: object = LEFT_OUT
    document: OpportunityDocument | None = None


@dataclass(frozen=True, slots=True)
class ImportRowOutcome:
    """The outcome of a row; rows count from 1.

    `opportunity_id` is None if the row was rejected without a match, or if a dry run would create it. A dry
    run also gives the possible duplicates of a new row.
    """

    row: int
    external_id: str
    outcome: ImportOutcome
    opportunity_id: UUID | None = None
    problem: Refusal | None = None
    possible_duplicates: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredRowOutcome:
    """The outcome of a row as plain data, which a repeated request returns."""

    row: int
    external_id: str
    outcome: ImportOutcome
    opportunity_id: UUID | None
    faults: tuple[FieldProblem, ...]
    closed: OpportunityState | None
    possible_duplicates: tuple[UUID, ...] = ()


def to_stored(outcome: ImportRowOutcome) -> StoredRowOutcome:
    """Return the outcome as plain data; the refusal is reduced to its parts."""
    problem = outcome.problem
    faults = problem.fields if isinstance(problem, InvalidInputError) else ()
    closed = problem.state if isinstance(problem, RecordClosedError) else None
    common = (outcome.row, outcome.external_id, outcome.outcome, outcome.opportunity_id)
    return StoredRowOutcome(*common, faults, closed, outcome.possible_duplicates)


def from_stored(row: StoredRowOutcome) -> ImportRowOutcome:
    """Return the outcome with its refusal."""
    problem: Refusal | None = None
    if row.faults:
        problem = InvalidInputError(row.faults)
    elif row.closed is not None and row.opportunity_id is not None:
        problem = RecordClosedError(state=row.closed, opportunity_id=row.opportunity_id)
    elif row.outcome is ImportOutcome.REJECTED:
        problem = NotFoundError("Opportunity", row.opportunity_id or row.external_id)
    return ImportRowOutcome(
        row.row, row.external_id, row.outcome, row.opportunity_id, problem, row.possible_duplicates
    )


REASONS: Final = {
    "win_reason": OpportunityState.WON,
    "loss_reason": OpportunityState.LOST,
    "disqualify_reason": OpportunityState.DISQUALIFIED,
}
"""The columns of a reason, and the state that each belongs to."""


def validate_row(row: ImportRow) -> dict[str, object]:
    """Return the columns that the row gives, texts trimmed.

    InvalidInput names the values that cannot be stored.
    """
    validator = Validator()
    values = {field.name: getattr(row, field.name) for field in fields(row) if field.name != "document"}
    columns = {name: value for name, value in values.items() if value is not LEFT_OUT}
    for name, path in (("external_id", "externalId"), ("name", "name"), ("account_name", "accountName")):
        columns[name] = validator.text(columns[name], path, required=True)
    for name, path in (("owner_email", "ownerEmail"), ("source", "source")):
        if name in columns:
            columns[name] = validator.text(columns[name], path)
    if "attributes" in columns:
        columns["attributes"] = validator.attributes(columns["attributes"], "attributes")
    _check_earliest(columns, validator)
    validator.raise_if_any()
    if isinstance(row.value, MoneyAmount):
        minor_units(row.value, "value")
    return columns


def normalized(columns: Mapping[str, object]) -> dict[str, object]:
    """Return the columns as JSON to compare the next import with; equal values have one form."""
    return {name: _normalize(value) for name, value in columns.items()}


def changed_since(columns: Mapping[str, object], last: Mapping[str, object]) -> dict[str, object]:
    """Return the columns that changed in the file since the last import.

    Of the attributes, the changed keys.
    """
    now = normalized(columns)
    changes = {name: columns[name] for name, value in now.items() if name not in last or last[name] != value}
    before = last.get("attributes")
    attributes = columns.get("attributes")
    if "attributes" in changes and isinstance(before, Mapping) and isinstance(attributes, Mapping):
        changes["attributes"] = {
            key: value for key, value in attributes.items() if key not in before or before[key] != value
        }
    return changes


def check_dates(
    columns: Mapping[str, object], state: OpportunityState, now: datetime, time_zone: ZoneInfo
) -> None:
    """Check the order of the dates, and that a close and its reasons belong to the state."""
    validator = Validator()
    created = get_instant(columns, "created_at")
    since = get_instant(columns, "state_since")
    closed_on = get_day(columns, "closed_on")
    if created and created > now:
        validator.add("createdAt", message="`createdAt` is in the future. Give the instant of the creation.")
    if since and since > now:
        message = "`stateSince` is in the future. Give the instant when the state was entered."
        validator.add("stateSince", message=message)
    if created and since and created > since:
        validator.add(
            "stateSince", message="`stateSince` is before `createdAt`. Give the same instant or a later one."
        )
    if closed_on and closed_on > now.astimezone(time_zone).date():
        validator.add("closedOn", message="`closedOn` is after today. Give the day the deal was closed.")
    if closed_on and created and closed_on < created.astimezone(time_zone).date():
        validator.add("closedOn", message="`closedOn` is before the day of `createdAt`. Correct one of them.")
    if closed_on and state not in CLOSED_STATES:
        message = (
            f"`closedOn` is allowed only for a closed opportunity, and this one is {state}. Leave it out."
        )
        validator.add("closedOn", message=message)
    _check_reasons(columns, state, validator)
    validator.raise_if_any()


def get_instant(columns: Mapping[str, object], name: str) -> datetime | None:
    """Return the instant in a column, None if it has none."""
    value = columns.get(name)
    return value if isinstance(value, datetime) else None


def get_day(columns: Mapping[str, object], name: str) -> date | None:
    """Return the day in a column, None if it has none."""
    value = columns.get(name)
    return value if isinstance(value, date) else None


def start_of_day(value: date, time_zone: ZoneInfo) -> datetime:
    """Return the instant at which a day begins in a time zone."""
    return datetime.combine(value, time(), time_zone).astimezone(UTC)


def _check_reasons(columns: Mapping[str, object], state: OpportunityState, validator: Validator) -> None:
    for name, required_state in REASONS.items():
        if columns.get(name) is not None and state is not required_state:
            message = (
                f"`{camel(name)}` is allowed only if the state is {required_state}; it is {state}. "
                "Leave it out."
            )
            validator.add(camel(name), message=message)


def _check_earliest(columns: Mapping[str, object], validator: Validator) -> None:
    for name, value in columns.items():
        # A datetime is a date too, but the two cannot be compared.
        earliest = EARLIEST_INSTANT if isinstance(value, datetime) else EARLIEST_INSTANT.date()
        if isinstance(value, date) and value < earliest:
            validator.add(camel(name), message=f"`{camel(name)}` is before 1900. Check the year.")


def _normalize(value: object) -> object:
    if isinstance(value, MoneyAmount):
        return {"minor": minor_units(value, "value"), "currency": value.currency}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return to_json_value(value)
