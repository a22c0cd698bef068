"""Other opportunities that may be the same deal."""

from collections.abc import Sequence
from itertools import islice

from schema.core.context import Info
from schema.core.nodes import Roots, batch
from workflow.queries.opportunity.duplicates import MAX_DUPLICATES, DealName
from workflow.queries.opportunity.rows import OpportunityRow


@batch
async def deal_duplicates(roots: Roots, info: Info) -> list[Sequence[OpportunityRow]]:
    """Return other open deals of the same account with the same name, for each deal."""
    loaders = info.context.loaders
    found = await loaders.open_deals_by_name.load_many(
        [DealName(root.account_id, root.name) for root in roots]
    )
    lists = [
        [id for id in ids or () if id != root.id][:MAX_DUPLICATES]
        for root, ids in zip(roots, found, strict=True)
    ]
    rows = iter(await loaders.opportunity.load_many([id for ids in lists for id in ids]))
    return [[row for row in islice(rows, len(ids)) if row is not None] for ids in lists]
