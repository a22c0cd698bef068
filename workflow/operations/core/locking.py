"""The row that a write holds until it commits."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from tortoise.models import Model

from workflow.models.engine.database import dialect, fetch


async def lock_and_read(table: type[Model], organization_id: UUID, id: UUID) -> dict[str, Any] | None:
    """The row as it stands now, held until the transaction ends; SQLite's transaction holds the whole database."""
    await lock_row(table, organization_id, id)
    found = await table.filter(id=id, organization_id=organization_id).values()
    return found[0] if found else None


async def lock_row(table: type[Model], organization_id: UUID, id: UUID) -> None:
    """Hold the row until the transaction ends; whatever is read after this is as it stands."""
    if dialect() == "postgres":
        name = table._meta.db_table
        await fetch(
            f'SELECT 1 FROM "{name}" WHERE id = $1 AND organization_id = $2 FOR NO KEY UPDATE', id, organization_id
        )


async def lock_if_exists(table: type[Model], organization_id: UUID, id: UUID) -> bool:
    """Whether the row is there, and then it stays until the transaction ends: something is about to point at it."""
    lock_clause = " FOR KEY SHARE" if dialect() == "postgres" else ""
    name = table._meta.db_table
    found = await fetch(
        f'SELECT 1 FROM "{name}" WHERE id = $1 AND organization_id = $2{lock_clause}', id, organization_id
    )
    return bool(found)


async def lock_rows(table: type[Model], ids: Collection[UUID]) -> None:
    """Hold these rows until the transaction ends, in an order that keeps two who hold some from waiting for one another."""
    if dialect() == "postgres":
        name = table._meta.db_table
        await fetch(f'SELECT 1 FROM "{name}" WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE', list(ids))


async def lock_organization(organization_id: UUID, *, base_currency: bool = False) -> None:
    """Hold the organization's own row: what is counted or chosen once an organization is done by one writer at a time.

    With `base_currency` also those wait, and are waited for, who value something in it.
    """
    if dialect() == "postgres":
        strength = "UPDATE" if base_currency else "NO KEY UPDATE"
        await fetch(f"SELECT 1 FROM organization WHERE id = $1 FOR {strength}", organization_id)


async def lock_settings(organization_id: UUID) -> dict[str, Any]:  # Any: columns of several kinds
    """The organization's base currency, which stays until the transaction ends, and its time zone."""
    lock_clause = " FOR KEY SHARE" if dialect() == "postgres" else ""
    found = await fetch(
        f"SELECT base_currency, time_zone FROM organization WHERE id = $1{lock_clause}", organization_id
    )
    return found[0]
