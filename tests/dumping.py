"""Everything that a database holds, so that before and after can be told apart: all tables, from the catalogue."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import asyncpg

Rows = list[tuple[object, ...]]
Dump = dict[str, Rows]
TABLES_OF_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'table'"
TABLES_OF_POSTGRES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


async def dump(url: str) -> Dump:
    """The rows of every table, sorted, over a connection of its own; only a database of the test's own holds still."""
    return _sqlite(url) if url.startswith("sqlite:") else await _postgres(url)


def differences(before: Dump, after: Dump) -> dict[str, tuple[Rows, Rows]]:
    """For each table that changed: the rows that are gone, and those that are new."""
    pairs = {table: (Counter(before.get(table, ())), Counter(after.get(table, ()))) for table in {*before, *after}}
    return {
        table: (list((old - new).elements()), list((new - old).elements()))
        for table, (old, new) in pairs.items()
        if old != new
    }


def _sqlite(url: str) -> Dump:
    with closing(sqlite3.connect(Path(url.removeprefix("sqlite://")))) as connection:
        connection.execute("BEGIN")  # one moment for all tables
        names = [name for (name,) in connection.execute(TABLES_OF_SQLITE)]
        return {name: _sorted(connection.execute(f'SELECT * FROM "{name}"')) for name in sorted(names)}


async def _postgres(url: str) -> Dump:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read"):
            names = [record[0] for record in await connection.fetch(TABLES_OF_POSTGRES)]
            return {name: _sorted(await connection.fetch(f'SELECT * FROM "{name}"')) for name in sorted(names)}
    finally:
        await connection.close()


def _sorted(records: Iterable[Iterable[object]]) -> Rows:
    return sorted((tuple(record) for record in records), key=repr)
