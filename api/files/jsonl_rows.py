"""JSON lines as rows of an import: each line one object, its fields those of the API's ImportRow and the system they come from."""

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

from api.files.cells import Record
from api.files.csv_lines import UnreadableFileError
from api.files.parsed_line import ParsedLine
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.transfer.row import OWN_SYSTEM, ImportRow
from workflow.rules.codec import camel, decode
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, OpportunityType, WinReason
from workflow.rules.errors import InvalidInputError, invalid_field
from workflow.rules.transfer.opportunity_document import DOCUMENT_FIELDS, OpportunityDocument

FieldParsers = Mapping[str, tuple[str, Callable[[Any], Any]]]
"""The fields that a line may have: our own name of each, and how it is read."""
MAX_LINE_BYTES = 8_000_000
"""Bytes of a line: a deal with all that hangs on it."""
LINE_COLUMN = "line"
"""The one column of such a file, for its rejects."""


def parse_lines(file: Path) -> Iterator[ParsedLine]:
    """Each line in turn; empty ones are left out."""
    for text in lines(file):
        try:
            yield _parse_line(text)
        except InvalidInputError as problem:
            yield ParsedLine({LINE_COLUMN: text.strip()}, "", OWN_SYSTEM, problem)


def count_lines(file: Path) -> int:
    """How many lines there are."""
    return sum(1 for _ in lines(file))


def lines(file: Path) -> Iterator[str]:
    """The lines that are not empty, as text; what is too long is none."""
    try:
        with file.open("rb") as stream:
            while line := stream.readline(MAX_LINE_BYTES + 1):
                if len(line) > MAX_LINE_BYTES:
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(MAX_LINE_BYTES)
                    yield "(a line that is too long)"
                elif line.strip():
                    yield line.decode(errors="replace")
    except OSError as problem:
        raise UnreadableFileError(f"{file} cannot be read: {problem.strerror}. Check the path.") from problem


def parse_object(text: str) -> Mapping[str, Any]:
    """The object of a line."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        message = f"The line is no JSON, or longer than {MAX_LINE_BYTES:,} bytes. Write one object a line."
        raise invalid_field(LINE_COLUMN, message=message) from None
    if not isinstance(data, Mapping):
        raise invalid_field(LINE_COLUMN, message="The line is no JSON object. Write one object a line.")
    return data


def parse_fields(
    data: Mapping[str, Any], fields: FieldParsers, required: Sequence[str], ignored: Container[str] = ()
) -> Record:
    """What an object gives, by our own names; InvalidInput where it lacks something, or has what nobody knows."""
    if unknown := sorted(name for name in data.keys() - fields.keys() if name not in ignored):
        raise invalid_field(unknown[0], message=f"`{unknown[0]}` is no field of a row: {', '.join(fields)}.")
    for name in required:
        if not isinstance(data.get(name), str):
            raise invalid_field(name, message=f"`{name}` is missing. Give it a text.")
    return {field: _parse_value(name, data[name], parse) for name, (field, parse) in fields.items() if name in data}


def _parse_line(text: str) -> ParsedLine:
    data = parse_object(text)
    fields = parse_fields(data, _ROW_FIELDS, ("externalId", "name", "accountName"), _DOCUMENT_FIELDS)
    document = {name: data[name] for name in _DOCUMENT_FIELDS if name in data}
    system = fields.pop("external_system", OWN_SYSTEM)
    if not system:
        raise invalid_field("externalSystem", message="`externalSystem` is a text, or left out.")
    return ParsedLine(
        {LINE_COLUMN: text.strip()},
        fields["external_id"],
        system,
        ImportRow(**fields, document=decode(OpportunityDocument, document) if document else None),
    )


def _parse_value(name: str, value: object, parse: Callable[[Any], Any]) -> Any:
    """A value as an import takes it; null clears."""
    if value is None:
        return None
    try:
        return parse(value)
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
        raise invalid_field(name, message=f"`{str(value)[:40]}` is no {name} as the API takes it.") from None


def parse_text(value: object) -> str:
    """A text."""
    if not isinstance(value, str):
        raise TypeError
    return value


def parse_money(value: Mapping[str, str]) -> MoneyAmount:
    """An amount of a currency."""
    amount = Decimal(str(value["amount"]))
    if not amount.is_finite():
        raise ValueError
    return MoneyAmount(amount, parse_text(value["currency"]))


def _parse_instant(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError
    return at


def _parse_enum(kind: type[StrEnum]) -> Callable[[Any], StrEnum]:
    return lambda value: kind(value)


_ROW_FIELDS: FieldParsers = {
    "externalSystem": ("external_system", parse_text),
    "externalId": ("external_id", parse_text),
    "name": ("name", parse_text),
    "accountName": ("account_name", parse_text),
    "ownerEmail": ("owner_email", parse_text),
    "state": ("state", _parse_enum(OpportunityState)),
    "value": ("value", parse_money),
    "createdAt": ("created_at", _parse_instant),
    "stateSince": ("state_since", _parse_instant),
    "expectedCloseDate": ("expected_close_date", date.fromisoformat),
    "closedOn": ("closed_on", date.fromisoformat),
    "type": ("type", _parse_enum(OpportunityType)),
    "source": ("source", parse_text),
    "winReason": ("win_reason", _parse_enum(WinReason)),
    "lossReason": ("loss_reason", _parse_enum(LossReason)),
    "disqualifyReason": ("disqualify_reason", _parse_enum(DisqualifyReason)),
    "attributes": ("attributes", lambda value: value),
}
"""The fields of a line that every import takes, and how each is read."""
_DOCUMENT_FIELDS = tuple(camel(name) for name in DOCUMENT_FIELDS)
"""The fields that tell the rest of a deal."""
