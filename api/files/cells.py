"""What can be exported, and how a value is written: as a cell of a table that no spreadsheet runs, or as a line of JSON."""

import json
from decimal import Decimal
from enum import StrEnum
from typing import Any

FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""
Record = dict[str, Any]  # Any: JSON


class RecordKind(StrEnum):
    """What can be exported."""

    OPPORTUNITIES = "opportunities"
    HISTORY = "history"
    EVENTS = "events"
    ACCOUNTS = "accounts"
    CONTACTS = "contacts"


def json_line(record: Record) -> str:
    """A record as one line of JSON, its fields in a steady order."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def csv_cell(value: object) -> str:
    """A value as a cell: what a spreadsheet would take for a formula begins with an apostrophe; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return f"'{text}" if text.startswith(FORMULA_PREFIXES) else text
