"""What a line of a foreign file means by a map: numbers, dates and words read as they are written there."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from api.files.csv_lines import Line
from api.files.import_map import ImportMap, UnusableMap
from workflow.operations.core.validation import MoneyGiven
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import (
    CLOSED_STATES,
    DisqualifyReason,
    LossReason,
    OpportunityState,
    OpportunityType,
    WinReason,
)
from workflow.rules.errors import invalid

DATED = ("createdAt", "stateSince", "expectedCloseDate", "closeDate", "closedOn")
DAY = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[T ,]+(.*))?$")
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]m)?$", re.IGNORECASE)
FORMULA_MARK = "'"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file's values are read: where a day begins, which currency is meant, and how dates and numbers are written."""

    zone: ZoneInfo
    currency: str
    dates: str
    decimal: str
    owners: Mapping[str, str]


def order_of_dates(values: Iterable[str], wanted: str) -> str:
    """Whether day or month comes first; UnusableMap where every value fits both and they mean different days."""
    if wanted != "auto":
        return wanted
    day_first = month_first = True
    doubtful = ""
    for value in values:
        found = DAY.match(value)
        if found is None or len(found[1]) == 4:
            continue
        first, second = int(found[1]), int(found[3])
        if found[2] == ".":
            month_first = False
        day_first, month_first = day_first and second <= 12, month_first and first <= 12
        doubtful = doubtful or (value if first != second else "")
    if day_first and month_first and doubtful:
        raise UnusableMap(
            f'`{doubtful}` may be a day and a month either way round. Say which with dates = "dmy" or "mdy" under [format] of a map.'
        )
    return "dmy" if day_first else "mdy"


def decimal_mark(values: Iterable[str], wanted: str) -> str:
    """Whether a comma or a point comes before the decimals, by the values in which it is plain; a point where none is."""
    if wanted != "auto":
        return wanted
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


class Reader:
    """Reads the lines of one file."""

    def __init__(self, map: ImportMap, header: Sequence[str], reading: Reading) -> None:
        self._map, self._reading = map, reading
        self._columns = {ours: map.all_of(header, ours) for ours in map.columns}
        used = {name for names in self._columns.values() for name in names}
        self._others = [name for name in header if name not in used] if map.keep_other_columns else []

    def key(self, line: Line) -> str:
        """The key that the line gives."""
        return self._cell(line, "externalId")

    def contact(self, line: Line) -> Mapping[str, str]:
        """Who is named in the line: name, e-mail, title and role, those that are given."""
        names = {"name": "contactName", "email": "contactEmail", "title": "contactTitle", "role": "contactRole"}
        return {ours: value for ours, column in names.items() if (value := self._cell(line, column))}

    def row(self, line: Line) -> ImportRow:
        """The row that the line means; InvalidInput says why it means none."""
        if line.fault is not None:
            raise invalid("line", message=line.fault)
        state, given = self._state(line), dict[str, Any]()
        for ours, column, read in self._plain():
            if (text := self._cell(line, column)) and (value := read(column, text)) is not None:
                given[ours] = value
        given |= self._closing(line, state)
        attributes = self._attributes(line)
        if "loss_reason" in given and not isinstance(given["loss_reason"], LossReason):
            attributes["lossReason"] = given["loss_reason"]
            given["loss_reason"] = LossReason.OTHER
        given |= {"attributes": attributes} if attributes else {}
        given |= {"state": state} if state else {}
        return ImportRow(
            external_id=self._cell(line, "externalId"),
            name=self._cell(line, "name"),
            account_name=self._cell(line, "accountName") or self._map.account or "(no account)",
            **given,
        )

    def _plain(self) -> Sequence[tuple[str, str, Callable[[str, str], Any]]]:
        """Fields that one column gives, and how it is read."""
        return (
            ("owner_email", "ownerName", self._owner),
            ("owner_email", "ownerEmail", lambda column, text: text),
            ("created_at", "createdAt", self._instant),
            ("state_since", "stateSince", self._instant),
            ("expected_close_date", "expectedCloseDate", self._day),
            ("type", "type", lambda column, text: self._word("types", OpportunityType, text)),
            ("source", "source", lambda column, text: text),
        )

    def _closing(self, line: Line, state: OpportunityState | None) -> dict[str, Any]:
        """Value, days and reasons as they go with the state."""
        given: dict[str, Any] = {}
        if amount := self._cell(line, "amount"):
            currency = self._cell(line, "currency").upper() or self._map.currency or self._reading.currency
            given["value"] = MoneyGiven(self._number(amount), currency)
        closed = state in CLOSED_STATES
        if text := self._cell(line, "closedOn" if closed else "closeDate") or (
            closed and self._cell(line, "closeDate")
        ):
            given["closed_on" if closed else "expected_close_date"] = self._day("closeDate", str(text))
        if state is OpportunityState.WON and (text := self._cell(line, "winReason")):
            given["win_reason"] = self._word("win_reasons", WinReason, text) or WinReason.OTHER
        if state is OpportunityState.LOST and (text := self._cell(line, "lossReason")):
            given["loss_reason"] = self._word("loss_reasons", LossReason, text) or text
        if state is OpportunityState.DISQUALIFIED and (text := self._cell(line, "disqualifyReason")):
            given["disqualify_reason"] = DisqualifyReason(text) if text in list(DisqualifyReason) else None
        return {name: value for name, value in given.items() if value is not None}

    def _cell(self, line: Line, ours: str) -> str:
        text = next((line.cells[name] for name in self._columns.get(ours, ()) if line.cells[name]), "")
        return text.removeprefix(FORMULA_MARK) if text.startswith(("'=", "'+", "'-", "'@")) else text

    def _state(self, line: Line) -> OpportunityState | None:
        """By the status where it decides, else by the stage; InvalidInput where neither is known."""
        status, stage = self._cell(line, "status"), self._cell(line, "stage")
        if status and (decided := self._map.meaning("statuses", status)):
            return OpportunityState(decided)
        if not stage:
            return None
        found = self._map.meaning("states", stage)
        if found is None:
            known = ", ".join(self._map.words.get("states", {})) or ", ".join(OpportunityState)
            message = f"`{stage[:80]}` is no stage that is known: {known}. Say in a map, under [states], which state it means."
            raise invalid("stage", message=message)
        return OpportunityState(found)

    def _attributes(self, line: Line) -> dict[str, Any]:
        own = {ours.removeprefix("attributes."): self._cell(line, ours) for ours in self._columns if "." in ours}
        others = {name: line.cells[name] for name in self._others}
        return {name: value for name, value in {**others, **own}.items() if value}

    def _owner(self, column: str, name: str) -> str:
        found = self._reading.owners.get(name.casefold())
        if found is None:
            message = f"{name[:80]} is no active member, or several are called so. Name the owner by e-mail."
            raise invalid("ownerName", message=message)
        return found

    def _word(self, table: str, kind: type[Any], text: str) -> Any:
        found = self._map.meaning(table, text)
        return None if found is None else kind(found)

    def _number(self, text: str) -> Decimal:
        point, group = (",", ".") if self._reading.decimal == "comma" else (".", ",")
        bare = re.sub(r"[^\d.,+-]", "", text).replace(group, "").replace(point, ".")
        try:
            return Decimal(bare)
        except InvalidOperation:
            raise invalid("amount", message=f"`{text[:40]}` is no amount such as 1054.50.") from None

    def _day(self, column: str, text: str) -> date:
        found = DAY.match(text)
        try:
            if found is None:
                return date.fromisoformat(text)
            parts = [int(found[1]), int(found[3]), int(found[4])]
            if len(found[1]) != 4:
                day, month = parts[:2] if self._reading.dates != "mdy" else parts[1::-1]
                year = parts[2] + 2000 if parts[2] < 100 else parts[2]
                parts = [year, month, day]
            return date(*parts)
        except ValueError:
            raise invalid(column, message=f"`{text[:40]}` is no date such as 2026-03-01.") from None

    def _instant(self, column: str, text: str) -> datetime:
        """An instant; without a zone it is of the organization's, without a clock its day's beginning."""
        try:
            exact = datetime.fromisoformat(text)
        except ValueError:
            found = DAY.match(text)
            clock = CLOCK.match((found[5] or "").strip()) if found and found[5] else None
            exact = datetime.combine(self._day(column, text), _time(clock))
        return (exact if exact.tzinfo else exact.replace(tzinfo=self._reading.zone)).astimezone(UTC)


def _time(clock: "re.Match[str] | None") -> time:
    if clock is None:
        return time()
    hour = int(clock[1]) % 12 + (12 if clock[4].lower() == "pm" else 0) if clock[4] else int(clock[1])
    return time(min(hour, 23), min(int(clock[2]), 59), min(int(clock[3] or 0), 59))
