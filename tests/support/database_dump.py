"""Dumps of all tables of a database, to compare it before and after.

The last use of API keys is left out, because a server writes it after its answer.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import asyncpg

Rows = list[tuple[object, ...]]
Dump = dict[str, Rows]
VOLATILE_COLUMNS = {("api_key", "last_used_at")}
SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search_trigrams%'"
"""Tables with rows of their own: the trigram index has only what it can be rebuilt from."""
POSTGRES_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


async def dump(url: str) -> Dump:
    """Return the sorted rows of every table; no other test may use the database meanwhile."""
    return _sqlite(url) if url.startswith("sqlite:") else await _postgres(url)


def differences(before: Dump, after: Dump) -> dict[str, tuple[Rows, Rows]]:
    """Return for each changed table the rows that are gone and those that are new."""
    pairs = {
        table: (Counter(before.get(table, ())), Counter(after.get(table, ()))) for table in {*before, *after}
    }
    return {
        table: (list((old - new).elements()), list((new - old).elements()))
        for table, (old, new) in pairs.items()
        if old != new
    }


def _sqlite(url: str) -> Dump:
    with closing(sqlite3.connect(Path(url.removeprefix("sqlite://")))) as connection:
        connection.execute("BEGIN")  # one moment for all tables
        names = [name for (name,) in connection.execute(SQLITE_TABLES)]
        return {name: _sqlite_rows(connection, name) for name in sorted(names)}


def _sqlite_rows(connection: sqlite3.Connection, table: str) -> Rows:
    found = connection.execute(f'SELECT * FROM "{table}"')
    return _sorted_rows(table, [column[0] for column in found.description], found.fetchall())


async def _postgres(url: str) -> Dump:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read"):
            names = [record[0] for record in await connection.fetch(POSTGRES_TABLES)]
            return {name: await _postgres_rows(connection, name) for name in sorted(names)}
    finally:
        await connection.close()


async def _postgres_rows(connection: asyncpg.Connection, table: str) -> Rows:
    statement = await connection.prepare(f'SELECT * FROM "{table}"')
    return _sorted_rows(
        table, [column.name for column in statement.get_attributes()], await statement.fetch()
    )


def _sorted_rows(table: str, columns: Sequence[str], records: Sequence[Sequence[object]]) -> Rows:
    positions = [place for place, column in enumerate(columns) if (table, column) not in VOLATILE_COLUMNS]
    return sorted((tuple(record[place] for place in positions) for record in records), key=repr)
