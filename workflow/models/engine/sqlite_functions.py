"""What SQLite is taught that PostgreSQL knows by itself."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo


async def register_functions(connection: Any) -> None:  # Any: aiosqlite's connection, as Tortoise keeps it
    """Make our functions known on a new connection."""
    await connection.create_function("local_day", 2, local_day, deterministic=True)


@lru_cache(maxsize=4_096)
def local_day(instant: str | None, zone: str) -> str | None:
    """The day of an instant, as SQLite keeps it, in a time zone."""
    if instant is None:
        return None
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(zone)).date().isoformat()
