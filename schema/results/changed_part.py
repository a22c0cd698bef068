"""What a mutation on a part of a deal answers with: the part and its deal, read after the write."""

from typing import Any
from uuid import UUID

from schema.core.context import Info
from schema.core.dataloader import sure
from workflow.queries.opportunity.rows import OpportunityRow


async def part_of(info: Info, kind: str, id: UUID) -> Any:  # Any: the facts of that kind
    """The part as stored."""
    found = await info.context.loaders.row(kind, id)
    if found is None:
        raise LookupError(f"The {kind} that was just written is not there: {id}.")
    return found


async def deal_of(info: Info, kind: str, id: UUID) -> OpportunityRow:
    """The deal that the part hangs on, as stored."""
    deal = await info.context.loaders.deal_of(kind, id)
    if deal is None:
        raise LookupError(f"The {kind} that was just written hangs on nothing: {id}.")
    return await sure(info.context.loaders.opportunity, deal)
