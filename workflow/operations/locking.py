"""The row that a write holds until it commits."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from tortoise.models import Model

from workflow.models.database import dialect, fetch


async def locked(table: type[Model], organization_id: UUID, id: UUID) -> dict[str, Any] | None:
    """The row as it stands now, held until the transaction ends; SQLite's transaction holds the whole database."""
    await hold(table, organization_id, id)
    found = await table.filter(id=id, organization_id=organization_id).values()
    return found[0] if found else None


async def hold(table: type[Model], organization_id: UUID, id: UUID) -> None:
    """Hold the row until the transaction ends; whatever is read after this is as it stands."""
    if dialect() == "postgres":
        name = table._meta.db_table
        await fetch(
            f'SELECT 1 FROM "{name}" WHERE id = $1 AND organization_id = $2 FOR NO KEY UPDATE', id, organization_id
        )


async def hold_all(table: type[Model], ids: Collection[UUID]) -> None:
    """Hold these rows until the transaction ends, in an order that keeps two who hold some from waiting for one another."""
    if dialect() == "postgres":
        name = table._meta.db_table
        await fetch(f'SELECT 1 FROM "{name}" WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE', list(ids))


async def hold_organization(organization_id: UUID) -> None:
    """Hold the organization's own row: what is counted or chosen once an organization is done by one writer at a time."""
    if dialect() == "postgres":
        await fetch("SELECT 1 FROM organization WHERE id = $1 FOR NO KEY UPDATE", organization_id)
