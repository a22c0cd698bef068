"""What a line of a foreign file means by a map: numbers, dates and words read as they are written there."""

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


@dataclass(frozen=True, slots=True)
class ValueFormat:
    """How a file's values are read: where a day begins, which currency is meant, and how dates and numbers are written."""

    zone: ZoneInfo
    currency: str
    dates: str
    decimal: str
    owners: Mapping[str, str]


def detect_date_order(values: Iterable[str], setting: str) -> str:
    """Whether day or month comes first; UnusableMap where every value fits both and they mean different days."""
    if setting != "auto":
        return setting
    day_first = month_first = True
    ambiguous = ""
    for value in values:
        found = DATE_PATTERN.match(value)
        if found is None or len(found[1]) == 4:
            continue
        first, second = int(found[1]), int(found[3])
        if found[2] == ".":
            month_first = False
        day_first, month_first = day_first and second <= 12, month_first and first <= 12
        ambiguous = ambiguous or (value if first != second else "")
    if day_first and month_first and ambiguous:
        raise InvalidMapError(
            f'`{ambiguous}` may be a day and a month either way round. Say which with dates = "dmy" or "mdy" under [format] of a map.'
        )
    return "dmy" if day_first else "mdy"


def detect_decimal_mark(values: Iterable[str], setting: str) -> str:
    """Whether a comma or a point comes before the decimals, by the values in which it is plain; a point where none is."""
    if setting != "auto":
        return setting
    votes = {"point": 0, "comma": 0}
    for value in values:
        digits = re.sub(r"[^\d.,]", "", value)
        last = max(digits.rfind("."), digits.rfind(","))
        both = "." in digits and "," in digits
        if last >= 0 and (both or len(digits) - last - 1 != 3) and digits.count(digits[last]) == 1:
            votes["comma" if digits[last] == "," else "point"] += 1
        elif last >= 0 and digits.count(digits[last]) > 1:
            votes["point" if digits[last] == "," else "comma"] += 1
    return "comma" if votes["comma"] > votes["point"] else "point"


class RowMapper:
    """Reads the lines of one file."""

    def __init__(self, map: ImportMap, header: Sequence[str], value_format: ValueFormat) -> None:
        self._map, self._value_format = map, value_format
        self._columns = {ours: map.columns_for(header, ours) for ours in map.columns}
        used = {name for names in self._columns.values() for name in names}
        self._others = [name for name in header if name not in used] if map.keep_other_columns else []

    def key(self, line: CsvLine) -> str:
        """The key that the line gives."""
        return self._cell(line, "externalId")

    def contact(self, line: CsvLine) -> Mapping[str, str]:
        """Who is named in the line: name, e-mail, title and role, those that are given."""
        names = {"name": "contactName", "email": "contactEmail", "title": "contactTitle", "role": "contactRole"}
        return {ours: value for ours, column in names.items() if (value := self._cell(line, column))}

    def row(self, line: CsvLine) -> ImportRow:
        """The row that the line means; InvalidInput says why it means none."""
        if line.fault is not None:
            raise invalid_field("line", message=line.fault)
        state, fields = self._state(line), dict[str, Any]()
        for name, column, parse in self._simple_fields():
            if (text := self._cell(line, column)) and (value := parse(column, text)) is not None:
                fields[name] = value
        fields |= self._close_fields(line, state)
        attributes = self._attributes(line)
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
        """Fields that one column gives, and how it is read."""
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
        """Value, days and reasons as they go with the state."""
        fields: dict[str, Any] = {}
        if amount := self._cell(line, "amount"):
            currency = self._cell(line, "currency").upper() or self._map.currency or self._value_format.currency
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
        """By the status where it decides, else by the stage; InvalidInput where neither is known."""
        status, stage = self._cell(line, "status"), self._cell(line, "stage")
        if status and (decided := self._map.translate("statuses", status)):
            return OpportunityState(decided)
        if not stage:
            return None
        found = self._map.translate("states", stage)
        if found is None:
            known = ", ".join(self._map.translations.get("states", {})) or ", ".join(OpportunityState)
            message = f"`{stage[:80]}` is no stage that is known: {known}. Say in a map, under [states], which state it means."
            raise invalid_field("stage", message=message)
        return OpportunityState(found)

    def _attributes(self, line: CsvLine) -> dict[str, Any]:
        own = {ours.removeprefix("attributes."): self._cell(line, ours) for ours in self._columns if "." in ours}
        others = {name: line.cells[name] for name in self._others}
        return {name: value for name, value in {**others, **own}.items() if value}

    def _owner_email(self, column: str, name: str) -> str:
        found = self._value_format.owners.get(name.casefold())
        if found is None:
            message = f"{name[:80]} is no active member, or several are called so. Name the owner by e-mail."
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
            raise invalid_field("amount", message=f"`{text[:40]}` is no amount such as 1054.50.") from None

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
            raise invalid_field(column, message=f"`{text[:40]}` is no date such as 2026-03-01.") from None

    def _parse_instant(self, column: str, text: str) -> datetime:
        """An instant; without a zone it is of the organization's, without a clock its day's beginning."""
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            found = DATE_PATTERN.match(text)
            clock = TIME_PATTERN.match((found[5] or "").strip()) if found and found[5] else None
            instant = datetime.combine(self._parse_day(column, text), _parse_time(clock))
        return (instant if instant.tzinfo else instant.replace(tzinfo=self._value_format.zone)).astimezone(UTC)


def _parse_time(clock: "re.Match[str] | None") -> time:
    if clock is None:
        return time()
    hour = int(clock[1]) % 12 + (12 if clock[4].lower() == "pm" else 0) if clock[4] else int(clock[1])
    return time(min(hour, 23), min(int(clock[2]), 59), min(int(clock[3] or 0), 59))
