"""Numbers of opportunities: counted from 1 in each organization, never used again."""

from uuid import UUID

from workflow.models.engine.database import fetch


async def next_number(organization_id: UUID, *, count: int = 1) -> int:
    """The first of `count` new numbers; the counter's row is the last that a transaction locks."""
    raise_counter = (
        "UPDATE opportunity_counter SET last_number = last_number + $1 WHERE organization_id = $2 RETURNING last_number"
    )
    row = (await fetch(raise_counter, count, organization_id))[0]
    return int(row["last_number"]) - count + 1
