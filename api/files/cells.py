"""The kinds of exported records, and a record as a line of JSON or as cells of a table."""

import json
from decimal import Decimal
from enum import StrEnum
from typing import Any

FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")
"""The characters at the start of a cell that make a spreadsheet read it as a formula."""
Record = dict[str, Any]  # Any: JSON


class RecordKind(StrEnum):
    """The kinds of records that an export writes."""

    OPPORTUNITIES = "opportunities"
    HISTORY = "history"
    EVENTS = "events"
    ACCOUNTS = "accounts"
    CONTACTS = "contacts"


def json_line(record: Record) -> str:
    """Return a record as one line of JSON, with its fields in alphabetical order."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def csv_cell(value: object) -> str:
    """Return a value as a cell.

    A text that a spreadsheet would read as a formula gets an apostrophe in front.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return f"'{text}" if text.startswith(FORMULA_PREFIXES) else text
