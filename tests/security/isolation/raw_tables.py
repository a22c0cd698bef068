"""A leak test's own way to the tables, past the product: every row as it stands, and writes that no trigger and no key refuses."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from tests.support.database_dump import TABLES_OF_POSTGRES, TABLES_OF_SQLITE, Dump, differences

Row = dict[str, Any]
Tables = dict[str, list[Row]]
Statement = tuple[str, Sequence[object]]
CLOCKED = frozenset({"last_used_at"})
"""Columns that every request may write."""
TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


async def tables_of(url: str) -> Tables:
    """The rows of every table by its name; ids are texts on both databases."""
    if url.startswith("sqlite:"):
        with _sqlite(url) as file:
            names = [row["name"] for row in file.execute(TABLES_OF_SQLITE)]
            return {name: [dict(row) for row in file.execute(f'SELECT * FROM "{name}"')] for name in names}
    async with _postgres(url) as server:
        names = [row[0] for row in await server.fetch(TABLES_OF_POSTGRES)]
        return {name: [_texts(row) for row in await server.fetch(f'SELECT * FROM "{name}"')] for name in names}


async def rewrite(url: str, statements: Sequence[Statement]) -> None:
    """Run writes with placeholders $1, $2 …; what is append-only is written too, and foreign keys are not looked at."""
    if not url.startswith("sqlite:"):
        async with _postgres(url) as server, server.transaction():
            await server.execute("SET LOCAL session_replication_role = replica")
            for text, values in statements:
                await server.execute(text, *values)
        return
    with _sqlite(url) as file, file:
        triggers = file.execute(TRIGGERS).fetchall()
        for trigger in triggers:
            file.execute(f'DROP TRIGGER "{trigger["name"]}"')
        for text, values in statements:
            file.execute(text.replace("$", "?"), tuple(values))
        for trigger in triggers:
            file.execute(trigger["sql"])


class Standing:
    """A database of which each call tells what has changed since the one before."""

    def __init__(self, url: str, digest: Callable[[], Awaitable[object]]) -> None:
        self._url, self._digest = url, digest
        self._kept: Dump = {}
        self._seal: object = None

    async def changes(self) -> list[str]:
        """The rows that are gone or new, but for when a key was used last."""
        seal = await self._digest()
        if seal == self._seal:
            return []
        before, self._kept, self._seal = self._kept, _dumped(await tables_of(self._url)), seal
        return [f"{table} changed: {rows}" for table, rows in differences(before, self._kept).items()]


@asynccontextmanager
async def standing(url: str) -> AsyncIterator[Standing]:
    """Watch a database: SQLite counts the commits of others, PostgreSQL sums up every row of every table."""
    if url.startswith("sqlite:"):
        with _sqlite(url) as file:

            async def commits() -> object:
                return file.execute("PRAGMA data_version").fetchone()[0]

            still = Standing(url, commits)
            await still.changes()
            yield still
        return
    async with _postgres(url) as server:
        names = [row[0] for row in await server.fetch(TABLES_OF_POSTGRES)]
        text = " UNION ALL ".join(
            f"SELECT '{name}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{name}\" t" for name in names
        )

        async def sums() -> object:
            return [tuple(row) for row in await server.fetch(f"{text} ORDER BY 1")]

        still = Standing(url, sums)
        await still.changes()
        yield still


def _dumped(tables: Tables) -> Dump:
    return {
        name: [tuple(value for column, value in row.items() if column not in CLOCKED) for row in rows]
        for name, rows in tables.items()
    }


@contextmanager
def _sqlite(url: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(Path(url.removeprefix("sqlite://")))) as file:
        file.row_factory = sqlite3.Row
        yield file


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[asyncpg.Connection]:
    server = await asyncpg.connect(url)
    try:
        await server.set_type_codec("uuid", schema="pg_catalog", encoder=str, decoder=str)
        yield server
    finally:
        await server.close()


def _texts(row: asyncpg.Record) -> Row:
    return dict(row)
