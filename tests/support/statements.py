"""The SQL statements that this process sends while a block runs, heard where the driver takes them."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
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
    r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|SET|SELECT pg_advisory_unlock_all|SELECT set_config)\b",
    re.IGNORECASE,
)
MAIN_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+(?:ONLY\s+)?[\"`]?(\w+)", re.IGNORECASE)


@dataclass
class Statements:
    """Texts in the order they were sent, without those that only steer a transaction or a connection."""

    listen: Callable[[str], None] | None = None
    texts: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def by_table(self) -> Counter[str]:
        """How many statements bring or write rows of each table; what they join or look up beside it does not count."""
        return Counter(table_of(text) for text in self.texts)

    def record(self, text: str) -> None:
        """One more statement; who listens hears those that steer too, before they are sent."""
        if self.listen is not None:
            self.listen(text)
        if not CONTROL_STATEMENT.match(text):
            self.texts.append(text)


@asynccontextmanager
async def statements(listen: Callable[[str], None] | None = None) -> AsyncIterator[Statements]:
    """Hear every statement of this process until the block ends, whichever connection it goes by."""
    seen = Statements(listen)
    kind, names = (
        (aiosqlite.Connection, SQLITE) if dialect() == "sqlite" else (asyncpg.connection.Connection, POSTGRES)
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.setattr(kind, name, _recorded(seen, name, getattr(kind, name)))
        yield seen


def table_of(text: str) -> str:
    """The table whose rows a statement brings or writes: the first that it names; empty where it names none."""
    found = MAIN_TABLE.search(text)
    return found[1] if found else ""


def _recorded(seen: Statements, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """The driver's own method, which is heard first."""

    def recording(connection: object, text: str, *values: Any, **named: Any) -> Any:
        if (
            name != "execute" or not values or dialect() == "sqlite"
        ):  # asyncpg's `execute` with values is `_execute`
            seen.record(text)
        return original(connection, text, *values, **named)

    return recording
