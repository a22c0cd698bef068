"""Readiness of a database to serve requests."""

import asyncio

from workflow.models.engine.database import dialect, fetch, transaction
from workflow.models.engine.migrating import pending
from workflow.models.engine.row_security import ROLE, ROW_SECURITY_STATUS
from workflow.rules.errors import UnavailableError


async def readiness_problem(url: str) -> str | None:
    """Return the reason why this database cannot serve, or None if it answers and is fully migrated."""
    try:
        async with asyncio.timeout(5):
            # A transaction, not a plain SELECT: on SQLite it shows that the write lock can be had.
            await transaction(_ping)
            pending_migrations = await pending(url)
    except (UnavailableError, TimeoutError, OSError):
        return "The database does not answer."
    if pending_migrations:
        return "The schema of the database is out of date. Run `pursuit migrate`."
    return None


async def row_security_problem() -> tuple[str, str] | None:
    """Return the reason why PostgreSQL does not separate organizations, and the remedy.

    Return None if it does, and on SQLite, which has no row-level security.
    """
    if dialect() == "sqlite":
        return None
    [found] = await fetch(ROW_SECURITY_STATUS)
    if found["open_tables"]:
        return (
            f"row-level security is off for {found['open_tables']}",
            "Run `pursuit migrate` as the owner of the tables.",
        )
    if not found["role_is_ready"]:
        login = found["login"]
        statements = f'CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO "{login}";'
        remedy = f"As a superuser run `{statements}`, then `pursuit migrate`."
        return f"{login} may not act as {ROLE}, so row-level security is not enforced", remedy
    return None


async def _ping() -> None:
    await fetch("SELECT 1")
