"""Whether a database can serve."""

import asyncio

from workflow.models.engine.database import dialect, fetch, transaction
from workflow.models.engine.migrating import pending
from workflow.models.engine.row_security import ROLE, ROW_SECURITY_STATUS
from workflow.rules.errors import UnavailableError


async def readiness_problem(url: str) -> str | None:
    """Why this database cannot serve, or none: it answers a transaction in time and is at the newest schema."""
    try:
        async with asyncio.timeout(5):
            await transaction(_ping)
            pending_migrations = await pending(url)
    except (UnavailableError, TimeoutError, OSError):
        return "The database does not answer."
    if pending_migrations:
        return "The database is behind the newest schema: run `pursuit migrate`."
    return None


async def row_security_problem() -> tuple[str, str] | None:
    """Why PostgreSQL would not keep organizations apart by itself, and the remedy; none where it does, or on SQLite."""
    if dialect() == "sqlite":
        return None
    [found] = await fetch(ROW_SECURITY_STATUS)
    if found["open_tables"]:
        return (
            f"row-level security is not on {found['open_tables']}",
            "Run `pursuit migrate` as the owner of the tables.",
        )
    if not found["role_is_ready"]:
        login = found["login"]
        remedy = f'As a superuser run `CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO "{login}";`, then `pursuit migrate`.'
        return f"{login} may not act as {ROLE}, so that row-level security does not hold", remedy
    return None


async def _ping() -> None:
    await fetch("SELECT 1")
