"""What a row of an import says, and whether it can be taken: checked before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from workflow.operations.core.journal import plain
from workflow.operations.core.validation import Faults, MoneyGiven, minor_units
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
from workflow.rules.errors import FieldProblem, InvalidInput, NotFound, RecordClosed, Refusal
from workflow.rules.transfer.opportunity_document import Whole


class LeftOut(Enum):
    """A column that the row does not have: it keeps what is there."""

    LEFT_OUT = "left out"


LEFT_OUT: Final = LeftOut.LEFT_OUT
OURS: Final = "pursuit"
"""The external system of what came from none: its key is then its own id, a UUID."""
OLDEST: Final = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One opportunity of another system; None clears a column, LEFT_OUT keeps it. What it has beyond comes with its birth alone."""

    external_id: str
    name: str
    account_name: str
    owner_email: str | LeftOut | None = LEFT_OUT
    state: OpportunityState | LeftOut | None = LEFT_OUT
    value: MoneyGiven | LeftOut | None = LEFT_OUT
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
    whole: Whole | None = None


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of a row, counted from 1; `opportunity_id` is None for one that is unknown, or new on a dry run, which names what it may be twice."""

    row: int
    external_id: str
    outcome: ImportOutcome
    opportunity_id: UUID | None = None
    problem: Refusal | None = None
    possible_duplicates: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class RowKept:
    """The same as plain data, for a request that comes again: a refusal by what it is made of."""

    row: int
    external_id: str
    outcome: ImportOutcome
    opportunity_id: UUID | None
    faults: tuple[FieldProblem, ...]
    closed: OpportunityState | None
    possible_duplicates: tuple[UUID, ...] = ()


def kept(outcome: RowOutcome) -> RowKept:
    """What became of a row, as plain data."""
    problem = outcome.problem
    faults = problem.fields if isinstance(problem, InvalidInput) else ()
    closed = problem.state if isinstance(problem, RecordClosed) else None
    same = (outcome.row, outcome.external_id, outcome.outcome, outcome.opportunity_id)
    return RowKept(*same, faults, closed, outcome.possible_duplicates)


def told_again(row: RowKept) -> RowOutcome:
    """What became of a row, with its refusal as it was."""
    problem: Refusal | None = None
    if row.faults:
        problem = InvalidInput(row.faults)
    elif row.closed is not None and row.opportunity_id is not None:
        problem = RecordClosed(state=row.closed, opportunity_id=row.opportunity_id)
    elif row.outcome is ImportOutcome.REJECTED:
        problem = NotFound("Opportunity", row.opportunity_id or row.external_id)
    return RowOutcome(row.row, row.external_id, row.outcome, row.opportunity_id, problem, row.possible_duplicates)


REASONS: Final = {
    "win_reason": OpportunityState.WON,
    "loss_reason": OpportunityState.LOST,
    "disqualify_reason": OpportunityState.DISQUALIFIED,
}


def sound(row: ImportRow) -> dict[str, object]:
    """The columns that the row gives, texts trimmed; InvalidInput tells what no database could hold."""
    faults = Faults()
    columns = {field.name: getattr(row, field.name) for field in fields(row) if field.name != "whole"}
    given = {name: value for name, value in columns.items() if value is not LEFT_OUT}
    for name, path in (("external_id", "externalId"), ("name", "name"), ("account_name", "accountName")):
        given[name] = faults.text(given[name], path, required=True)
    for name, path in (("owner_email", "ownerEmail"), ("source", "source")):
        if name in given:
            given[name] = faults.text(given[name], path)
    if "attributes" in given:
        given["attributes"] = faults.attributes(given["attributes"], "attributes")
    _refuse_ancient(given, faults)
    faults.raise_if_any()
    if isinstance(row.value, MoneyGiven):
        minor_units(row.value, "value")
    return given


def remembered(columns: Mapping[str, object]) -> dict[str, object]:
    """The columns as kept to compare the next import with: one spelling for one value."""
    return {name: _one_spelling(value) for name, value in columns.items()}


def differing(columns: Mapping[str, object], last: Mapping[str, object]) -> dict[str, object]:
    """The columns that changed in the file since the row was last imported; of attributes, the keys that did."""
    now = remembered(columns)
    changed = {name: columns[name] for name, value in now.items() if name not in last or last[name] != value}
    before, attributes = last.get("attributes"), columns.get("attributes")
    if "attributes" in changed and isinstance(before, Mapping) and isinstance(attributes, Mapping):
        changed["attributes"] = {
            key: value for key, value in attributes.items() if key not in before or before[key] != value
        }
    return changed


def judge_dates(columns: Mapping[str, object], state: OpportunityState, now: datetime, zone: ZoneInfo) -> None:
    """createdAt ≤ stateSince ≤ now; createdAt's day ≤ closedOn ≤ today; closedOn and reasons only where they belong."""
    faults = Faults()
    created, since, closed_on = (
        instant(columns, "created_at"),
        instant(columns, "state_since"),
        day(columns, "closed_on"),
    )
    if created and created > now:
        faults.add("createdAt", message="`createdAt` is in the future. Give the moment the opportunity was made.")
    if since and since > now:
        faults.add("stateSince", message="`stateSince` is in the future. Give the moment the state was entered.")
    if created and since and created > since:
        faults.add(
            "stateSince",
            message="`stateSince` is before `createdAt`. A state is entered once the opportunity is there.",
        )
    if closed_on and closed_on > now.astimezone(zone).date():
        faults.add("closedOn", message="`closedOn` is after today. Give the day the deal was closed.")
    if closed_on and created and closed_on < created.astimezone(zone).date():
        faults.add("closedOn", message="`closedOn` is before the day of `createdAt`. Mend the one that is wrong.")
    if closed_on and state not in CLOSED_STATES:
        faults.add(
            "closedOn", message=f"`closedOn` belongs to a closed opportunity, and this one is {state}. Leave it out."
        )
    _judge_reasons(columns, state, faults)
    faults.raise_if_any()


def instant(columns: Mapping[str, object], name: str) -> datetime | None:
    """A moment that the row gives."""
    value = columns.get(name)
    return value if isinstance(value, datetime) else None


def day(columns: Mapping[str, object], name: str) -> date | None:
    """A day that the row gives."""
    value = columns.get(name)
    return value if isinstance(value, date) else None


def begins(value: date, zone: ZoneInfo) -> datetime:
    """The moment a day begins where the organization is."""
    return datetime.combine(value, time(), zone).astimezone(UTC)


def _judge_reasons(columns: Mapping[str, object], state: OpportunityState, faults: Faults) -> None:
    for name, belongs in REASONS.items():
        if columns.get(name) is not None and state is not belongs:
            faults.add(
                camel(name), message=f"`{camel(name)}` belongs to {belongs}, and this one is {state}. Leave it out."
            )


def _refuse_ancient(given: Mapping[str, object], faults: Faults) -> None:
    """No day before 1900."""
    for name, value in given.items():
        if (isinstance(value, datetime) and value < OLDEST) or (type(value) is date and value < OLDEST.date()):
            faults.add(camel(name), message=f"`{camel(name)}` is before 1900. Check the year.")


def _one_spelling(value: object) -> object:
    if isinstance(value, MoneyGiven):
        return {"minor": minor_units(value, "value"), "currency": value.currency}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return plain(value)
