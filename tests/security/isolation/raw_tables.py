"""Direct access to the tables: reads of all rows, and writes without triggers and foreign keys."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from tests.support.database_dump import POSTGRES_TABLES, SQLITE_TABLES, Dump, differences

Row = dict[str, Any]
Tables = dict[str, list[Row]]
Statement = tuple[str, Sequence[object]]
VOLATILE_COLUMNS = frozenset({"last_used_at"})
"""Columns that every request may write."""
TRIGGERS = """SELECT name, sql FROM sqlite_master
WHERE type = 'trigger' AND tbl_name <> 'search_document' AND name NOT LIKE '%!_document!_%' ESCAPE '!'"""
"""The triggers on writes, except those that keep the documents of search."""
REFRESH_DOCUMENTS = """
UPDATE search_document SET text = chr(10) || COALESCE(name_search, name_folded) || chr(10)
FROM (
    SELECT id, name_search, name_folded FROM account
    UNION ALL SELECT id, name_search, name_folded FROM contact
) AS named WHERE named.id = subject_id;
SELECT refresh_opportunity_document(id) FROM opportunity"""


async def read_tables(url: str) -> Tables:
    """Return the rows of every table; ids are texts on both databases."""
    if url.startswith("sqlite:"):
        with _sqlite(url) as file:
            names = [row["name"] for row in file.execute(SQLITE_TABLES)]
            return {name: [dict(row) for row in file.execute(f'SELECT * FROM "{name}"')] for name in names}
    async with _postgres(url) as server:
        names = [row[0] for row in await server.fetch(POSTGRES_TABLES)]
        return {
            name: [_texts(row) for row in await server.fetch(f'SELECT * FROM "{name}"')] for name in names
        }


async def rewrite(url: str, statements: Sequence[Statement]) -> None:
    """Run writes with placeholders $1, $2 … on append-only tables too, without checks of foreign keys."""
    if not url.startswith("sqlite:"):
        async with _postgres(url) as server, server.transaction():
            await server.execute("SET LOCAL session_replication_role = replica")
            for text, values in statements:
                await server.execute(text, *values)
            await server.execute(REFRESH_DOCUMENTS)
        return
    with _sqlite(url) as file, file:
        triggers = file.execute(TRIGGERS).fetchall()
        for trigger in triggers:
            file.execute(f'DROP TRIGGER "{trigger["name"]}"')
        for text, values in statements:
            file.execute(text.replace("$", "?"), tuple(values))
        for trigger in triggers:
            file.execute(trigger["sql"])


class ChangeDetector:
    """A database whose changes since the last call are reported."""

    def __init__(self, url: str, digest: Callable[[], Awaitable[object]]) -> None:
        self._url = url
        self._digest = digest
        self._rows: Dump = {}
        self._checksum: object = None

    async def changes(self) -> list[str]:
        """Return the changed rows, except for the last use of keys."""
        seal = await self._digest()
        if seal == self._checksum:
            return []
        before = self._rows
        self._rows = _dump(await read_tables(self._url))
        self._checksum = seal
        return [f"{table} changed: {rows}" for table, rows in differences(before, self._rows).items()]


@asynccontextmanager
async def watch_changes(url: str) -> AsyncIterator[ChangeDetector]:
    """Watch a database: by the commits of others on SQLite, by a checksum of every row on PostgreSQL."""
    if url.startswith("sqlite:"):
        with _sqlite(url) as file:

            async def commits() -> object:
                return file.execute("PRAGMA data_version").fetchone()[0]

            detector = ChangeDetector(url, commits)
            await detector.changes()
            yield detector
        return
    async with _postgres(url) as server:
        names = [row[0] for row in await server.fetch(POSTGRES_TABLES)]
        text = " UNION ALL ".join(
            f"SELECT '{name}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{name}\" t"
            for name in names
        )

        async def sums() -> object:
            return [tuple(row) for row in await server.fetch(f"{text} ORDER BY 1")]

        detector = ChangeDetector(url, sums)
        await detector.changes()
        yield detector


def _dump(tables: Tables) -> Dump:
    return {
        name: [
            tuple(value for column, value in row.items() if column not in VOLATILE_COLUMNS) for row in rows
        ]
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
