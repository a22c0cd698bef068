"""The records of a result: a changed part and its deal, read after the change."""

from typing import Any
from uuid import UUID

from schema.core.context import Info
from schema.core.dataloader import load_required
from workflow.queries.opportunity.rows import OpportunityRow


async def load_changed_part(info: Info, kind: str, id: UUID) -> Any:  # Any: the facts of that kind
    """Return a part that was just written."""
    found = await info.context.loaders.row(kind, id)
    if found is None:
        raise LookupError(f"The {kind} {id} was just written and cannot be found.")
    return found


async def load_changed_opportunity(info: Info, kind: str, id: UUID) -> OpportunityRow:
    """Return the deal of a part that was just written."""
    opportunity_id = await info.context.loaders.parent_opportunity_id(kind, id)
    if opportunity_id is None:
        raise LookupError(f"The {kind} {id} was just written and has no opportunity.")
    return await load_required(info.context.loaders.opportunity, opportunity_id)
