"""SQL functions that PostgreSQL has and SQLite lacks."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo


async def register_functions(
    connection: Any,
) -> None:  # Any: aiosqlite's connection, which Tortoise does not type
    """Register the functions on a new connection."""
    await connection.create_function("local_day", 2, local_day, deterministic=True)


@lru_cache(maxsize=4_096)
def local_day(instant: str | None, zone: str) -> str | None:
    """Return the day of an instant, which SQLite stores as text, in a time zone."""
    if instant is None:
        return None
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).date().isoformat()
