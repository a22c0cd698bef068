"""What goes on being told: subscriptions."""

from collections.abc import AsyncIterator
from uuid import UUID

import strawberry
from graphql import GraphQLError

from schema import ids
from schema.context import Info
from schema.events import Event, EventFilter, place, wanted
from schema.given import or_none
from schema.opportunity import Opportunity
from workflow.queries import events
from workflow.queries.events import EventRow
from workflow.queries.opportunities import OpportunityRow
from workflow.queries.paging import Window
from workflow.rules.permissions import Viewer

AT_ONCE = 50
"""Facts read in one statement; what one reader has not taken yet, however slow, is never more."""


@strawberry.type
class LiveSubscription:
    """A deal, and all that happens, as it goes on."""

    @strawberry.subscription(
        graphql_type=Event,
        description="Replays every fact after `after` (left out: live only), then goes on live. Take it up again after the last "
        "`cursor`, and nothing is lost or told twice. Each fact is told to those who may see it when it is told.",
    )
    async def events(
        self, info: Info, after: str | None = strawberry.UNSET, filter: EventFilter | None = strawberry.UNSET
    ) -> AsyncIterator[EventRow]:
        """The feed, from a place on and without an end."""
        filters, viewer = wanted(or_none(filter)), info.context.viewer
        async with info.context.tail.watching(
            viewer.organization_id, lambda head: events.concerns(filters, head)
        ) as watch:
            reached = place(or_none(after), "after") or await events.newest(viewer)
            while True:
                seen, viewer = watch.sights, await _let_in(info)
                found, more = await events.events(viewer, filters, Window(size=AT_ONCE, after=reached))
                for row in found:
                    info.context.next_answer()
                    yield row
                    reached = row.place
                    if watch.sights != seen:
                        break
                else:
                    if not more:
                        await watch.woken()

    @strawberry.subscription(
        graphql_type=Opportunity | None,
        description="The opportunity after each change to it or to anything on it, changes that come together once; "
        "null, then the end, when it is gone or out of sight.",
    )
    async def opportunity_changed(self, info: Info, id: strawberry.ID) -> AsyncIterator[OpportunityRow | None]:
        """Each change, as the viewer sees it then."""
        found = ids.decode(id)
        deal = found[1] if found and found[0] == "Opportunity" else None
        own = info.context.viewer.organization_id
        async with info.context.tail.watching(own, lambda head: head.aggregateid == deal, of=deal) as watch:
            row = await _seen(info, deal)
            while row is not None:
                about = await watch.woken()
                row = await _seen(info, deal)
                if row is not None and deal in about:
                    yield row
        yield None


async def _let_in(info: Info) -> Viewer:
    """Whoever subscribed, as they are now; raises UNAUTHENTICATED where they are let in no longer."""
    if not await info.context.again():
        raise GraphQLError("The credentials have ended.", extensions={"code": "UNAUTHENTICATED"})
    return info.context.viewer


async def _seen(info: Info, id: UUID | None) -> OpportunityRow | None:
    """The deal as whoever subscribed sees it now; None where they do not."""
    await _let_in(info)
    return await info.context.loaders.opportunity.load(id) if id else None
