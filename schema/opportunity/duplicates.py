"""Opportunities that may be the same one twice."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema.core.context import Info
from schema.core.nodes import Root
from workflow.queries.opportunity.duplicates import MAX_DUPLICATES, DealName

if TYPE_CHECKING:
    from schema.opportunity.type import Opportunity
else:
    Opportunity = Annotated["Opportunity", strawberry.lazy("schema.opportunity.type")]


@strawberry.type
class DealDuplicates:
    @strawberry.field(
        graphql_type=list[Opportunity],
        description="Other open opportunities of the same account with the same name, ignoring case, "
        "spaces and punctuation. At most 20, the oldest first.",
    )
    async def possible_duplicates(self, root: Root, info: Info) -> Any:
        duplicate_ids = await info.context.loaders.open_deals_by_name.load(DealName(root.account_id, root.name)) or ()
        others = [id for id in duplicate_ids if id != root.id][:MAX_DUPLICATES]
        rows = await info.context.loaders.opportunity.load_many(others)
        return [row for row in rows if row is not None]
