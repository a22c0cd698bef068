"""What a mutation on a part of a deal answers with: the part and its deal, read after the write."""

from typing import Any
from uuid import UUID

from schema.core.context import Info
from schema.core.dataloader import load_required
from workflow.queries.opportunity.rows import OpportunityRow


async def load_changed_part(info: Info, kind: str, id: UUID) -> Any:  # Any: the facts of that kind
    """The part as stored."""
    found = await info.context.loaders.row(kind, id)
    if found is None:
        raise LookupError(f"The {kind} that was just written is not there: {id}.")
    return found


async def load_changed_opportunity(info: Info, kind: str, id: UUID) -> OpportunityRow:
    """The deal that the part hangs on, as stored."""
    opportunity_id = await info.context.loaders.parent_opportunity_id(kind, id)
    if opportunity_id is None:
        raise LookupError(f"The {kind} that was just written hangs on nothing: {id}.")
    return await load_required(info.context.loaders.opportunity, opportunity_id)
