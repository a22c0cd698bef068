"""The SQL statements that this process sends while a block runs, recorded at the driver."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiosqlite
import asyncpg.connection
import pytest

from workflow.models.engine.database import dialect

SQLITE = ("execute", "execute_fetchall", "execute_insert", "executemany", "executescript")
POSTGRES = ("execute", "_execute", "executemany")
CONTROL_STATEMENT = re.compile(
    r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|SET"
    r"|SELECT pg_advisory_unlock_all|SELECT set_config)\b",
    re.IGNORECASE,
)
MAIN_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+(?:ONLY\s+)?[\"`]?(\w+)", re.IGNORECASE)


@dataclass
class Statements:
    """The sent statements in order, without those that control transactions and connections."""

    listen: Callable[[str], None] | None = None
    texts: list[str] = field(default_factory=list)
    values: list[Sequence[Any]] = field(default_factory=list)
    """The values of each statement, in the form of the driver."""

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def by_table(self) -> Counter[str]:
        """Return the number of statements that read or write rows of each table, not those that join it."""
        return Counter(table_of(text) for text in self.texts)

    def record(self, text: str, values: Sequence[Any] = ()) -> None:
        """Record a statement; a listener gets the control statements too, before they are sent."""
        if self.listen is not None:
            self.listen(text)
        if not CONTROL_STATEMENT.match(text):
            self.texts.append(text)
            self.values.append(values)


@asynccontextmanager
async def statements(listen: Callable[[str], None] | None = None) -> AsyncIterator[Statements]:
    """Record every statement of this process until the block ends, on any connection."""
    seen = Statements(listen)
    kind, names = (
        (aiosqlite.Connection, SQLITE) if dialect() == "sqlite" else (asyncpg.connection.Connection, POSTGRES)
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.setattr(kind, name, _recorded(seen, name, getattr(kind, name)))
        yield seen


def table_of(text: str) -> str:
    """Return the table whose rows a statement reads or writes: the first in its text, or an empty string."""
    found = MAIN_TABLE.search(text)
    return found[1] if found else ""


def _recorded(seen: Statements, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a wrapper of the driver's method that records statements."""

    def recording(connection: object, text: str, *values: Any, **named: Any) -> Any:
        if (
            name != "execute" or not values or dialect() == "sqlite"
        ):  # asyncpg's `execute` with values is `_execute`
            seen.record(text, values[0] if values else ())
        return original(connection, text, *values, **named)

    return recording
