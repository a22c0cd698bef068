"""The number of rows that a write changed, without those of triggers, from each driver."""

import sqlite3
from collections.abc import Sequence
from typing import cast

from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.sqlite.client import SqliteClient
from tortoise.exceptions import IntegrityError, OperationalError


async def sqlite_rows_changed(client: SqliteClient, sql: str, values: Sequence[object]) -> int:
    """Run a write on SQLite and return its row count."""
    try:
        async with client.acquire_connection() as connection:
            cursor = await connection.execute(sql, values)
            # Without rows that triggers changed, unlike total_changes(); -1 for a statement that is not a
            # write.
            changed = max(cursor.rowcount, 0)
            await cursor.close()
            return int(changed)
    except sqlite3.OperationalError as problem:
        raise OperationalError(problem) from problem
    except sqlite3.IntegrityError as problem:
        raise IntegrityError(problem) from problem


async def postgres_rows_changed(client: AsyncpgDBClient, sql: str, values: Sequence[object]) -> int:
    """Run a write on PostgreSQL and return the row count of its command tag."""

    async def run(_: AsyncpgDBClient) -> int:
        async with client.acquire_connection() as connection:
            tag = str(await connection.execute(sql, *values))
        count = tag.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    return cast(int, await client._translate_exceptions(run))
