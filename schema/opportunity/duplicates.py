"""Other opportunities that may be the same deal."""

from collections.abc import Sequence

from schema.core.context import Info
from schema.core.nodes import Root
from workflow.queries.opportunity.duplicates import MAX_DUPLICATES, DealName
from workflow.queries.opportunity.rows import OpportunityRow


async def deal_duplicates(root: Root, info: Info) -> Sequence[OpportunityRow]:
    """Return other open deals of the same account with the same name."""
    duplicate_ids = (
        await info.context.loaders.open_deals_by_name.load(DealName(root.account_id, root.name)) or ()
    )
    others = [id for id in duplicate_ids if id != root.id][:MAX_DUPLICATES]
    rows = await info.context.loaders.opportunity.load_many(others)
    return [row for row in rows if row is not None]
