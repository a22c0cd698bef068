"""Scripts for pgbench that send recorded statements again, with new ids in each transaction."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tests.support.statements import CONTROL_STATEMENT

MAX_NUMBER = 2**53
"""The largest number from which a script makes the ids of one transaction."""


@dataclass(frozen=True)
class SentStatement:
    """A statement with its values, as PostgreSQL received it."""

    text: str
    values: Sequence[Any] = ()


def statements_in_order(texts: Iterable[str], recorded: Iterable[SentStatement]) -> list[SentStatement]:
    """Return the recorded statements and those that begin and end transactions, in the order of all texts."""
    others = iter(recorded)
    return [
        SentStatement(text) if CONTROL_STATEMENT.match(text) else next(others)
        for text in texts
        if not text.startswith(("NOTIFY", "SELECT set_config"))
    ]


def script_of_clients(requests: Sequence[Sequence[SentStatement]]) -> str:
    """Return a script in which the client with number n sends the statements of request n."""
    lines = [f"\\set number random(1, {MAX_NUMBER})"]
    for client, request in enumerate(requests):
        lines.append(f"\\{'elif' if client else 'if'} :client_id = {client}")
        lines += _lines(request)
    return "\n".join([*lines, "\\endif", ""])


def _lines(request: Sequence[SentStatement]) -> list[str]:
    """Return the statements of one request as lines, with an expression for each id that it creates."""
    new_ids = {id: _new_id(place) for place, id in enumerate(_created_ids(request))}
    return [f"{_with_literals(statement, new_ids)};" for statement in request]


def _created_ids(request: Iterable[SentStatement]) -> list[UUID]:
    """Return the ids of the rows that a request inserts: the first column of each row."""
    created = []
    for statement in request:
        if statement.text.startswith("INSERT") and '("id"' in statement.text:
            first = statement.values[0]
            created += first if isinstance(first, list) else [first]
    return list(dict.fromkeys(created))


def _new_id(place: int) -> str:
    return f"lpad(to_hex(:number::bigint) || to_hex({place + 16}), 32, '0')::uuid"


NEW_IN_EACH_ROW = {
    "sequence": "(extract(epoch FROM clock_timestamp()) * 10000 % 2000000000)::int",
    "subject": "md5(clock_timestamp()::text)",
}
"""Columns with unique values, and an expression for a new one."""


def _with_literals(statement: SentStatement, new_ids: Mapping[UUID, str]) -> str:
    """Return the text of a statement with its values in place of $1, $2 and so on."""
    text = " ".join(statement.text.split())
    columns = re.findall(r'"(\w+)"', text[: text.find(")")]) if text.startswith("INSERT") else []
    # The first name is that of the table. From the last on: $1 is the beginning of $10.
    for place, value in reversed(list(enumerate(statement.values, 1))):
        new = NEW_IN_EACH_ROW.get(columns[place]) if place < len(columns) else None
        literal = _literal(value, new_ids)
        if new is not None:
            literal = f"ARRAY[{', '.join([new] * len(value))}]" if isinstance(value, list) else new
        text = text.replace(f"${place}", literal)
    return text.removesuffix(";")


def _literal(value: Any, new_ids: Mapping[UUID, str]) -> str:
    if isinstance(value, (list, tuple)):
        members = ", ".join(_literal(one, new_ids) for one in value)
        return f"ARRAY[{members}]" if any(one is not None for one in value) else f"ARRAY[{members}]::text[]"
    if value is None:
        return "NULL"
    if isinstance(value, (bool, int, float)):
        return str(value).lower()
    if isinstance(value, UUID):
        return new_ids.get(value, f"{_text(str(value))}::uuid")
    if isinstance(value, datetime):
        # Not the recorded time: a snapshot may not begin before the one that it follows.
        return "now()"
    return f"{_text(value.isoformat())}::date" if isinstance(value, date) else _text(str(value))


def _text(text: str) -> str:
    """Return a text as a literal without colons, which would begin the name of a variable of pgbench."""
    escaped = "".join(f"\\x{ord(one):02x}" if one in "\\':;\n" else one for one in text)
    return f"E'{escaped}'"
