"""Convert the lines of a CSV file to rows of an import by a map."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from api.files.csv_lines import CsvLine
from api.files.import_map import ImportMap, InvalidMapError
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import (
    CLOSED_STATES,
    DisqualifyReason,
    LossReason,
    OpportunityState,
    OpportunityType,
    WinReason,
)
from workflow.rules.errors import invalid_field

DATE_FIELDS = ("createdAt", "stateSince", "expectedCloseDate", "closeDate", "closedOn")
DATE_PATTERN = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[T ,]+(.*))?$")
TIME_PATTERN = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]m)?$", re.IGNORECASE)
FORMULA_MARK = "'"
"""The apostrophe that an export puts in front of a text that looks like a formula."""


@dataclass(frozen=True, slots=True)
class ValueFormat:
    """The notation of a file's values, and the e-mails of the owners it names."""

    zone: ZoneInfo
    currency: str
    dates: str
    decimal: str
    owners: Mapping[str, str]


def detect_date_order(values: Iterable[str], setting: str) -> str:
    """Return `dmy` or `mdy`.

    InvalidMapError if every value can be read both ways with a different meaning.
    """
    if setting != "auto":
        return setting
    day_first = True
    month_first = True
    ambiguous = ""
    for value in values:
        found = DATE_PATTERN.match(value)
        if found is None or len(found[1]) == 4:
            continue
        first = int(found[1])
        second = int(found[3])
        day_first = day_first and second <= 12
        # Dates with points are written with the day first everywhere.
        month_first = month_first and first <= 12 and found[2] != "."
        ambiguous = ambiguous or (value if first != second else "")
    if day_first and month_first and ambiguous:
        raise InvalidMapError(
            f"`{ambiguous}` can be read with the day or the month first. "
            'Give dates = "dmy" or "mdy" under [format] of a map.'
        )
    return "dmy" if day_first else "mdy"


def detect_decimal_mark(values: Iterable[str], setting: str) -> str:
    """Return `comma` or `point` by the values that can be read in one way only; `point` if there are none."""
    if setting != "auto":
        return setting
    votes = {"point": 0, "comma": 0}
    for value in values:
        digits = re.sub(r"[^\d.,]", "", value)
        last = max(digits.rfind("."), digits.rfind(","))
        if last < 0:
            continue
        mark = "comma" if digits[last] == "," else "point"
        other = "point" if mark == "comma" else "comma"
        has_both = "." in digits and "," in digits
        if digits.count(digits[last]) > 1:
            # A mark that occurs twice separates thousands: 1.234.567
            votes[other] += 1
        elif has_both or len(digits) - last - 1 != 3:
            # Three digits after a single mark may be thousands or decimals: 1.250
            votes[mark] += 1
    return "comma" if votes["comma"] > votes["point"] else "point"


class RowMapper:
    """Converts the lines of one file."""

    def __init__(self, map: ImportMap, header: Sequence[str], value_format: ValueFormat) -> None:
        self._map = map
        self._value_format = value_format
        self._columns = {target: map.columns_for(header, target) for target in map.columns}
        used = {name for names in self._columns.values() for name in names}
        self._others = [name for name in header if name not in used] if map.keep_other_columns else []

    def key(self, line: CsvLine) -> str:
        """Return the external id of a line."""
        return self._cell(line, "externalId")

    def contact(self, line: CsvLine) -> Mapping[str, str]:
        """Return the contact that a line names: name, e-mail, title and role, as far as they are given."""
        names = {
            "name": "contactName",
            "email": "contactEmail",
            "title": "contactTitle",
            "role": "contactRole",
        }
        return {name: value for name, column in names.items() if (value := self._cell(line, column))}

    def row(self, line: CsvLine) -> ImportRow:
        """Return the row of a line; InvalidInput names the value that cannot be read."""
        if line.fault is not None:
            raise invalid_field("line", message=line.fault)
        state = self._state(line)
        fields: dict[str, Any] = {}
        for name, column, parse in self._simple_fields():
            if (text := self._cell(line, column)) and (value := parse(column, text)) is not None:
                fields[name] = value
        fields |= self._close_fields(line, state)
        attributes = self._attributes(line)
        # A reason that the map does not know is stored as an attribute, so that its text is not lost.
        if "loss_reason" in fields and not isinstance(fields["loss_reason"], LossReason):
            attributes["lossReason"] = fields["loss_reason"]
            fields["loss_reason"] = LossReason.OTHER
        fields |= {"attributes": attributes} if attributes else {}
        fields |= {"state": state} if state else {}
        return ImportRow(
            external_id=self._cell(line, "externalId"),
            name=self._cell(line, "name"),
            account_name=self._cell(line, "accountName") or self._map.default_account or "(no account)",
            **fields,
        )

    def _simple_fields(self) -> Sequence[tuple[str, str, Callable[[str, str], Any]]]:
        """Return the fields that are read from one column, with their parsers.

        Of equal fields the last one counts.
        """
        return (
            ("owner_email", "ownerName", self._owner_email),
            ("owner_email", "ownerEmail", lambda column, text: text),
            ("created_at", "createdAt", self._parse_instant),
            ("state_since", "stateSince", self._parse_instant),
            ("expected_close_date", "expectedCloseDate", self._parse_day),
            ("type", "type", lambda column, text: self._translate("types", OpportunityType, text)),
            ("source", "source", lambda column, text: text),
        )

    def _close_fields(self, line: CsvLine, state: OpportunityState | None) -> dict[str, Any]:
        """Return the value, the day and the reason that belong to the state."""
        fields: dict[str, Any] = {}
        if amount := self._cell(line, "amount"):
            currency = (
                self._cell(line, "currency").upper() or self._map.currency or self._value_format.currency
            )
            fields["value"] = MoneyAmount(self._parse_number(amount), currency)
        closed = state in CLOSED_STATES
        if text := self._cell(line, "closedOn" if closed else "closeDate") or (
            closed and self._cell(line, "closeDate")
        ):
            fields["closed_on" if closed else "expected_close_date"] = self._parse_day("closeDate", str(text))
        if state is OpportunityState.WON and (text := self._cell(line, "winReason")):
            fields["win_reason"] = self._translate("win_reasons", WinReason, text) or WinReason.OTHER
        if state is OpportunityState.LOST and (text := self._cell(line, "lossReason")):
            fields["loss_reason"] = self._translate("loss_reasons", LossReason, text) or text
        if state is OpportunityState.DISQUALIFIED and (text := self._cell(line, "disqualifyReason")):
            fields["disqualify_reason"] = DisqualifyReason(text) if text in list(DisqualifyReason) else None
        return {name: value for name, value in fields.items() if value is not None}

    def _cell(self, line: CsvLine, target: str) -> str:
        text = next((line.cells[name] for name in self._columns.get(target, ()) if line.cells[name]), "")
        return text.removeprefix(FORMULA_MARK) if text.startswith(("'=", "'+", "'-", "'@")) else text

    def _state(self, line: CsvLine) -> OpportunityState | None:
        """Return the state by the status or else by the stage; InvalidInput if the stage is unknown."""
        status = self._cell(line, "status")
        by_status = self._map.translate("statuses", status) if status else None
        if by_status:
            return OpportunityState(by_status)
        stage = self._cell(line, "stage")
        if not stage:
            return None
        found = self._map.translate("states", stage)
        if found is None:
            known = ", ".join(self._map.translations.get("states", {})) or ", ".join(OpportunityState)
            message = f"`{stage[:80]}` is not a known stage: {known}. Give its state under [states] of a map."
            raise invalid_field("stage", message=message)
        return OpportunityState(found)

    def _attributes(self, line: CsvLine) -> dict[str, Any]:
        own = {
            target.removeprefix("attributes."): self._cell(line, target)
            for target in self._columns
            if "." in target
        }
        others = {name: line.cells[name] for name in self._others}
        return {name: value for name, value in {**others, **own}.items() if value}

    def _owner_email(self, column: str, name: str) -> str:
        found = self._value_format.owners.get(name.casefold())
        if found is None:
            message = f"{name[:80]!r} is not the name of exactly one active member. Name the owner by e-mail."
            raise invalid_field("ownerName", message=message)
        return found

    def _translate(self, table: str, kind: type[Any], text: str) -> Any:
        found = self._map.translate(table, text)
        return None if found is None else kind(found)

    def _parse_number(self, text: str) -> Decimal:
        point, group = (",", ".") if self._value_format.decimal == "comma" else (".", ",")
        bare = re.sub(r"[^\d.,+-]", "", text).replace(group, "").replace(point, ".")
        try:
            return Decimal(bare)
        except InvalidOperation:
            raise invalid_field(
                "amount", message=f"`{text[:40]}` is not an amount such as 1054.50."
            ) from None

    def _parse_day(self, column: str, text: str) -> date:
        found = DATE_PATTERN.match(text)
        try:
            if found is None:
                return date.fromisoformat(text)
            parts = [int(found[1]), int(found[3]), int(found[4])]
            if len(found[1]) != 4:
                day, month = parts[:2] if self._value_format.dates != "mdy" else parts[1::-1]
                year = parts[2] + 2000 if parts[2] < 100 else parts[2]
                parts = [year, month, day]
            return date(*parts)
        except ValueError:
            raise invalid_field(column, message=f"`{text[:40]}` is not a date such as 2026-03-01.") from None

    def _parse_instant(self, column: str, text: str) -> datetime:
        """Return an instant.

        Without a zone it is in the organization's, without a time at the start of the day.
        """
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            found = DATE_PATTERN.match(text)
            clock = TIME_PATTERN.match((found[5] or "").strip()) if found and found[5] else None
            instant = datetime.combine(self._parse_day(column, text), _parse_time(clock))
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=self._value_format.zone)
        return instant.astimezone(UTC)


def _parse_time(clock: "re.Match[str] | None") -> time:
    if clock is None:
        return time()
    hour = int(clock[1]) % 12 + (12 if clock[4].lower() == "pm" else 0) if clock[4] else int(clock[1])
    return time(min(hour, 23), min(int(clock[2]), 59), min(int(clock[3] or 0), 59))
