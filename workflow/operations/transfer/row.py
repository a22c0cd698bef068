"""What a row of an import says, and whether it can be taken: checked before anything is written."""

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
    """A column that the row does not have: it keeps what is there."""

    LEFT_OUT = "left out"


LEFT_OUT: Final = LeftOut.LEFT_OUT
OWN_SYSTEM: Final = "pursuit"
"""The external system of what came from none: its key is then its own id, a UUID."""
EARLIEST_INSTANT: Final = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One opportunity of another system; None clears a column, LEFT_OUT keeps it. What it has beyond comes with its birth alone."""

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
    """What became of a row, counted from 1; `opportunity_id` is None for one that is unknown, or new on a dry run, which names what it may be twice."""

    row: int
    external_id: str
    outcome: ImportOutcome
    opportunity_id: UUID | None = None
    problem: Refusal | None = None
    possible_duplicates: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredRowOutcome:
    """The same as plain data, for a request that comes again: a refusal by what it is made of."""

    row: int
    external_id: str
    outcome: ImportOutcome
    opportunity_id: UUID | None
    faults: tuple[FieldProblem, ...]
    closed: OpportunityState | None
    possible_duplicates: tuple[UUID, ...] = ()


def to_stored(outcome: ImportRowOutcome) -> StoredRowOutcome:
    """What became of a row, as plain data."""
    problem = outcome.problem
    faults = problem.fields if isinstance(problem, InvalidInputError) else ()
    closed = problem.state if isinstance(problem, RecordClosedError) else None
    common = (outcome.row, outcome.external_id, outcome.outcome, outcome.opportunity_id)
    return StoredRowOutcome(*common, faults, closed, outcome.possible_duplicates)


def from_stored(row: StoredRowOutcome) -> ImportRowOutcome:
    """What became of a row, with its refusal as it was."""
    problem: Refusal | None = None
    if row.faults:
        problem = InvalidInputError(row.faults)
    elif row.closed is not None and row.opportunity_id is not None:
        problem = RecordClosedError(state=row.closed, opportunity_id=row.opportunity_id)
    elif row.outcome is ImportOutcome.REJECTED:
        problem = NotFoundError("Opportunity", row.opportunity_id or row.external_id)
    return ImportRowOutcome(row.row, row.external_id, row.outcome, row.opportunity_id, problem, row.possible_duplicates)


REASONS: Final = {
    "win_reason": OpportunityState.WON,
    "loss_reason": OpportunityState.LOST,
    "disqualify_reason": OpportunityState.DISQUALIFIED,
}


def validate_row(row: ImportRow) -> dict[str, object]:
    """The columns that the row gives, texts trimmed; InvalidInput tells what no database could hold."""
    validator = Validator()
    columns = {field.name: getattr(row, field.name) for field in fields(row) if field.name != "document"}
    given = {name: value for name, value in columns.items() if value is not LEFT_OUT}
    for name, path in (("external_id", "externalId"), ("name", "name"), ("account_name", "accountName")):
        given[name] = validator.text(given[name], path, required=True)
    for name, path in (("owner_email", "ownerEmail"), ("source", "source")):
        if name in given:
            given[name] = validator.text(given[name], path)
    if "attributes" in given:
        given["attributes"] = validator.attributes(given["attributes"], "attributes")
    _check_earliest(given, validator)
    validator.raise_if_any()
    if isinstance(row.value, MoneyAmount):
        minor_units(row.value, "value")
    return given


def normalized(columns: Mapping[str, object]) -> dict[str, object]:
    """The columns as kept to compare the next import with: one spelling for one value."""
    return {name: _normalize(value) for name, value in columns.items()}


def changed_since(columns: Mapping[str, object], last: Mapping[str, object]) -> dict[str, object]:
    """The columns that changed in the file since the row was last imported; of attributes, the keys that did."""
    now = normalized(columns)
    changes = {name: columns[name] for name, value in now.items() if name not in last or last[name] != value}
    before, attributes = last.get("attributes"), columns.get("attributes")
    if "attributes" in changes and isinstance(before, Mapping) and isinstance(attributes, Mapping):
        changes["attributes"] = {
            key: value for key, value in attributes.items() if key not in before or before[key] != value
        }
    return changes


def check_dates(columns: Mapping[str, object], state: OpportunityState, now: datetime, time_zone: ZoneInfo) -> None:
    """createdAt ≤ stateSince ≤ now; createdAt's day ≤ closedOn ≤ today; closedOn and reasons only where they belong."""
    validator = Validator()
    created, since, closed_on = (
        get_instant(columns, "created_at"),
        get_instant(columns, "state_since"),
        get_day(columns, "closed_on"),
    )
    if created and created > now:
        validator.add("createdAt", message="`createdAt` is in the future. Give the moment the opportunity was made.")
    if since and since > now:
        validator.add("stateSince", message="`stateSince` is in the future. Give the moment the state was entered.")
    if created and since and created > since:
        validator.add(
            "stateSince",
            message="`stateSince` is before `createdAt`. A state is entered once the opportunity is there.",
        )
    if closed_on and closed_on > now.astimezone(time_zone).date():
        validator.add("closedOn", message="`closedOn` is after today. Give the day the deal was closed.")
    if closed_on and created and closed_on < created.astimezone(time_zone).date():
        validator.add("closedOn", message="`closedOn` is before the day of `createdAt`. Mend the one that is wrong.")
    if closed_on and state not in CLOSED_STATES:
        validator.add(
            "closedOn", message=f"`closedOn` belongs to a closed opportunity, and this one is {state}. Leave it out."
        )
    _check_reasons(columns, state, validator)
    validator.raise_if_any()


def get_instant(columns: Mapping[str, object], name: str) -> datetime | None:
    """A moment that the row gives."""
    value = columns.get(name)
    return value if isinstance(value, datetime) else None


def get_day(columns: Mapping[str, object], name: str) -> date | None:
    """A day that the row gives."""
    value = columns.get(name)
    return value if isinstance(value, date) else None


def start_of_day(value: date, time_zone: ZoneInfo) -> datetime:
    """The moment a day begins where the organization is."""
    return datetime.combine(value, time(), time_zone).astimezone(UTC)


def _check_reasons(columns: Mapping[str, object], state: OpportunityState, validator: Validator) -> None:
    for name, belongs in REASONS.items():
        if columns.get(name) is not None and state is not belongs:
            validator.add(
                camel(name), message=f"`{camel(name)}` belongs to {belongs}, and this one is {state}. Leave it out."
            )


def _check_earliest(columns: Mapping[str, object], validator: Validator) -> None:
    """No day before 1900."""
    for name, value in columns.items():
        if (isinstance(value, datetime) and value < EARLIEST_INSTANT) or (
            type(value) is date and value < EARLIEST_INSTANT.date()
        ):
            validator.add(camel(name), message=f"`{camel(name)}` is before 1900. Check the year.")


def _normalize(value: object) -> object:
    if isinstance(value, MoneyAmount):
        return {"minor": minor_units(value, "value"), "currency": value.currency}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return to_json_value(value)
