"""What goes on being told: subscriptions."""

from collections.abc import AsyncIterator, Callable
from uuid import UUID

import strawberry
from graphql import GraphQLError

from schema import ids
from schema.context import Info
from schema.opportunity import Opportunity
from workflow.queries.events import Head
from workflow.queries.opportunities import OpportunityRow

SIGHT = frozenset({"member", "team"})
"""What decides, beside the deal itself, who sees it."""


@strawberry.type
class OpportunitySubscription:
    """A deal, as it goes on."""

    @strawberry.subscription(
        graphql_type=Opportunity | None,
        description="The opportunity after each change to it or to anything on it, changes that come together once; "
        "null, then the end, when it is gone or out of sight.",
    )
    async def opportunity_changed(self, info: Info, id: strawberry.ID) -> AsyncIterator[OpportunityRow | None]:
        """Each change, as the viewer sees it then."""
        found = ids.decode(id)
        deal = found[1] if found and found[0] == "Opportunity" else None
        async with info.context.tail.watching(info.context.viewer.organization_id, _about(deal)) as watch:
            row = await _seen(info, deal)
            while row is not None:
                kinds = await watch.woken()
                row = await _seen(info, deal)
                if row is not None and "opportunity" in kinds:
                    yield row
        yield None


def _about(opportunity_id: UUID | None) -> Callable[[Head], bool]:
    def wants(head: Head) -> bool:
        return head.aggregateid == opportunity_id or head.aggregatetype in SIGHT

    return wants


async def _seen(info: Info, id: UUID | None) -> OpportunityRow | None:
    """The deal as whoever subscribed sees it now; None where they do not. Raises UNAUTHENTICATED where they are let in no longer."""
    if not await info.context.again():
        raise GraphQLError("The credentials have ended.", extensions={"code": "UNAUTHENTICATED"})
    return await info.context.loaders.opportunity.load(id) if id else None
