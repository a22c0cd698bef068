"""Numbers of opportunities: each organization counts from 1, and no number is used twice."""

from uuid import UUID

from workflow.models.engine.database import fetch


async def next_number(organization_id: UUID, *, count: int = 1) -> int:
    """Reserve `count` numbers and return the first of them. The update locks the counter until the commit."""
    row = (await fetch(_INCREMENT_SQL, count, organization_id))[0]
    return int(row["last_number"]) - count + 1


_INCREMENT_SQL = """UPDATE opportunity_counter SET last_number = last_number + $1 WHERE organization_id = $2
    RETURNING last_number"""
