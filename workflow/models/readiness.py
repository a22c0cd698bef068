"""Whether a database can serve."""

import asyncio

from workflow.models.database import Unavailable, fetch, transaction
from workflow.models.migrating import pending


async def why_not_ready(url: str) -> str | None:
    """Why this database cannot serve, or none: it answers a transaction in time and is at the newest schema."""
    try:
        async with asyncio.timeout(5):
            await transaction(_answers)
            behind = await pending(url)
    except (Unavailable, TimeoutError, OSError):
        return "The database does not answer."
    if behind:
        return "The database is behind the newest schema: run `pursuit migrate`."
    return None


async def _answers() -> None:
    await fetch("SELECT 1")
