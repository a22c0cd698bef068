"""JSON lines as rows of an import: each line one object, its fields those of the API's ImportRow and the system they come from."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

from api.cells import OURS
from api.csv_lines import LONGEST, UnreadableFile
from api.reads import Read
from workflow.operations.checks import MoneyGiven
from workflow.operations.imported import ImportRow
from workflow.rules.errors import InvalidInput, invalid
from workflow.rules.states import DisqualifyReason, LossReason, OpportunityState, OpportunityType, WinReason

LINE = "line"
"""The one column of such a file, for its rejects."""


def reads(file: Path) -> Iterator[Read]:
    """Each line in turn; empty ones are left out."""
    for text in _lines(file):
        try:
            yield _read(text)
        except InvalidInput as problem:
            yield Read({LINE: text.strip()}, "", OURS, problem)


def count(file: Path) -> int:
    """How many lines there are."""
    return sum(1 for _ in _lines(file))


def _lines(file: Path) -> Iterator[str]:
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


def _read(text: str) -> Read:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        message = f"The line is no JSON, or longer than {LONGEST:,} bytes. Write one object a line."
        raise invalid(LINE, message=message) from None
    if not isinstance(data, Mapping):
        raise invalid(LINE, message="The line is no JSON object. Write one object a line.")
    if strange := sorted(data.keys() - _FIELDS.keys() - {"externalSystem"}):
        raise invalid(strange[0], message=f"`{strange[0]}` is no field of a row: {', '.join(_FIELDS)}.")
    for name in ("externalId", "name", "accountName"):
        if not isinstance(data.get(name), str):
            raise invalid(name, message=f"`{name}` is missing. Give it a text.")
    system = data.get("externalSystem", OURS)
    if not isinstance(system, str) or not system:
        raise invalid("externalSystem", message="`externalSystem` is a text, or left out.")
    given = {ours: _value(name, data[name], read) for name, (ours, read) in _FIELDS.items() if name in data}
    return Read({LINE: text.strip()}, data["externalId"], system, ImportRow(**given))


def _value(name: str, value: object, read: Callable[[Any], Any]) -> Any:
    """A value as an import takes it; null clears."""
    if value is None:
        return None
    try:
        return read(value)
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
        raise invalid(name, message=f"`{str(value)[:40]}` is no {name} as the API takes it.") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _money(value: Mapping[str, str]) -> MoneyGiven:
    amount = Decimal(str(value["amount"]))
    if not amount.is_finite():
        raise ValueError
    return MoneyGiven(amount, _text(value["currency"]))


def _instant(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError
    return at


def _one_of(kind: type[StrEnum]) -> Callable[[Any], StrEnum]:
    return lambda value: kind(value)


_FIELDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "externalId": ("external_id", _text),
    "name": ("name", _text),
    "accountName": ("account_name", _text),
    "ownerEmail": ("owner_email", _text),
    "state": ("state", _one_of(OpportunityState)),
    "value": ("value", _money),
    "createdAt": ("created_at", _instant),
    "stateSince": ("state_since", _instant),
    "expectedCloseDate": ("expected_close_date", date.fromisoformat),
    "closedOn": ("closed_on", date.fromisoformat),
    "type": ("type", _one_of(OpportunityType)),
    "source": ("source", _text),
    "winReason": ("win_reason", _one_of(WinReason)),
    "lossReason": ("loss_reason", _one_of(LossReason)),
    "disqualifyReason": ("disqualify_reason", _one_of(DisqualifyReason)),
    "attributes": ("attributes", lambda value: value),
}
"""The fields of a line, and how each is read."""
