"""JSON lines as rows of an import: each line one object, its fields those of the API's ImportRow and the system they come from."""

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

from api.files.cells import Record
from api.files.csv_lines import UnreadableFile
from api.files.parsed_line import Read
from workflow.operations.core.validation import MoneyGiven
from workflow.operations.transfer.row import OURS, ImportRow
from workflow.rules.codec import camel, read
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, OpportunityType, WinReason
from workflow.rules.errors import InvalidInput, invalid
from workflow.rules.transfer.opportunity_document import NAMES, Whole

Fields = Mapping[str, tuple[str, Callable[[Any], Any]]]
"""The fields that a line may have: our own name of each, and how it is read."""
LONGEST = 8_000_000
"""Bytes of a line: a deal with all that hangs on it."""
LINE = "line"
"""The one column of such a file, for its rejects."""


def reads(file: Path) -> Iterator[Read]:
    """Each line in turn; empty ones are left out."""
    for text in lines(file):
        try:
            yield _read(text)
        except InvalidInput as problem:
            yield Read({LINE: text.strip()}, "", OURS, problem)


def count(file: Path) -> int:
    """How many lines there are."""
    return sum(1 for _ in lines(file))


def lines(file: Path) -> Iterator[str]:
    """The lines that are not empty, as text; what is too long is none."""
    try:
        with file.open("rb") as opened:
            while line := opened.readline(LONGEST + 1):
                if len(line) > LONGEST:
                    while line and not line.endswith(b"\n"):
                        line = opened.readline(LONGEST)
                    yield "(a line that is too long)"
                elif line.strip():
                    yield line.decode(errors="replace")
    except OSError as problem:
        raise UnreadableFile(f"{file} cannot be read: {problem.strerror}. Check the path.") from problem


def parsed(text: str) -> Mapping[str, Any]:
    """The object of a line."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        message = f"The line is no JSON, or longer than {LONGEST:,} bytes. Write one object a line."
        raise invalid(LINE, message=message) from None
    if not isinstance(data, Mapping):
        raise invalid(LINE, message="The line is no JSON object. Write one object a line.")
    return data


def object_of(data: Mapping[str, Any], fields: Fields, needed: Sequence[str], others: Container[str] = ()) -> Record:
    """What an object gives, by our own names; InvalidInput where it lacks something, or has what nobody knows."""
    if strange := sorted(name for name in data.keys() - fields.keys() if name not in others):
        raise invalid(strange[0], message=f"`{strange[0]}` is no field of a row: {', '.join(fields)}.")
    for name in needed:
        if not isinstance(data.get(name), str):
            raise invalid(name, message=f"`{name}` is missing. Give it a text.")
    return {ours: _value(name, data[name], read) for name, (ours, read) in fields.items() if name in data}


def _read(text: str) -> Read:
    data = parsed(text)
    given = object_of(data, _FIELDS, ("externalId", "name", "accountName"), _WHOLE)
    beyond = {name: data[name] for name in _WHOLE if name in data}
    system = given.pop("external_system", OURS)
    if not system:
        raise invalid("externalSystem", message="`externalSystem` is a text, or left out.")
    return Read(
        {LINE: text.strip()},
        given["external_id"],
        system,
        ImportRow(**given, whole=read(Whole, beyond) if beyond else None),
    )


def _value(name: str, value: object, read: Callable[[Any], Any]) -> Any:
    """A value as an import takes it; null clears."""
    if value is None:
        return None
    try:
        return read(value)
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
        raise invalid(name, message=f"`{str(value)[:40]}` is no {name} as the API takes it.") from None


def text_of(value: object) -> str:
    """A text."""
    if not isinstance(value, str):
        raise TypeError
    return value


def money_of(value: Mapping[str, str]) -> MoneyGiven:
    """An amount of a currency."""
    amount = Decimal(str(value["amount"]))
    if not amount.is_finite():
        raise ValueError
    return MoneyGiven(amount, text_of(value["currency"]))


def _instant(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError
    return at


def _one_of(kind: type[StrEnum]) -> Callable[[Any], StrEnum]:
    return lambda value: kind(value)


_FIELDS: Fields = {
    "externalSystem": ("external_system", text_of),
    "externalId": ("external_id", text_of),
    "name": ("name", text_of),
    "accountName": ("account_name", text_of),
    "ownerEmail": ("owner_email", text_of),
    "state": ("state", _one_of(OpportunityState)),
    "value": ("value", money_of),
    "createdAt": ("created_at", _instant),
    "stateSince": ("state_since", _instant),
    "expectedCloseDate": ("expected_close_date", date.fromisoformat),
    "closedOn": ("closed_on", date.fromisoformat),
    "type": ("type", _one_of(OpportunityType)),
    "source": ("source", text_of),
    "winReason": ("win_reason", _one_of(WinReason)),
    "lossReason": ("loss_reason", _one_of(LossReason)),
    "disqualifyReason": ("disqualify_reason", _one_of(DisqualifyReason)),
    "attributes": ("attributes", lambda value: value),
}
"""The fields of a line that every import takes, and how each is read."""
_WHOLE = tuple(camel(name) for name in NAMES)
"""The fields that tell the rest of a deal."""
