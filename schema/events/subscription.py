"""What goes on being told: subscriptions."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLError

from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import sure
from schema.core.inputs import or_none
from schema.events.events import Event, EventFilter, place, wanted
from schema.opportunity.alerts import Alert, AlertFilter
from schema.opportunity.alerts import wanted as alerts_wanted
from schema.opportunity.type import Opportunity
from workflow.queries.events import events
from workflow.queries.events.events import EventFilter as Wanted
from workflow.queries.events.events import EventRow, Place
from workflow.queries.opportunity import alerts
from workflow.queries.opportunity.alerts import AlertFilter as AlertScope
from workflow.queries.opportunity.alerts import AlertRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.paging import Window
from workflow.rules.enums import AlertSeverity, AlertStatus
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
        async with aclosing(_told(info, wanted(or_none(filter)), place(or_none(after), "after"))) as facts:
            async for row in facts:
                yield row

    @strawberry.subscription(
        graphql_type=Alert,
        description="An alert after each change of it, where it matches the filter before or after the change.",
    )
    async def alert_changed(self, info: Info, filter: AlertFilter | None = strawberry.UNSET) -> AsyncIterator[AlertRow]:
        """Alerts as they come and go."""
        scope = alerts_wanted(or_none(filter))
        async with aclosing(_told(info, Wanted(types=("alert.*",)), None)) as facts:
            async for fact in facts:
                row = await _alert(info, scope, fact)
                if row is not None:
                    yield row

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


async def _told(info: Info, filters: Wanted, after: Place | None) -> AsyncGenerator[EventRow, None]:
    """Facts from a place on and without an end, each to those who may see it when it is told."""
    viewer = info.context.viewer
    async with info.context.tail.watching(viewer.organization_id, lambda head: events.concerns(filters, head)) as watch:
        reached = after or await events.newest(viewer)
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


async def _alert(info: Info, scope: AlertScope, fact: EventRow) -> AlertRow | None:
    """The alert that a fact tells of, where it is wanted as it is or as it was before."""
    loaders, id = info.context.loaders, fact.payload.get("alertId")
    row: AlertRow | None = None if id is None else await loaders.alert.load(UUID(id))
    deal = None if row is None else await loaders.opportunity.load(row.opportunity_id)
    if row is None or deal is None:
        return None
    owner = await sure(loaders.member, deal.owner_id)
    changes = fact.payload.get("changes", {})
    kinds = (("status", AlertStatus), ("severity", AlertSeverity))
    before: dict[str, Any] = {
        name: kind(changes[name]["old"]) for name, kind in kinds if changes.get(name, {}).get("old")
    }
    states = (row, replace(row, **before))
    return row if any(alerts.matches(scope, one, deal.owner_id, owner.team_id) for one in states) else None


async def _let_in(info: Info) -> Viewer:
    """Whoever subscribed, as they are now; raises UNAUTHENTICATED where they are let in no longer."""
    if not await info.context.again():
        raise GraphQLError("The credentials have ended.", extensions={"code": "UNAUTHENTICATED"})
    return info.context.viewer


async def _seen(info: Info, id: UUID | None) -> OpportunityRow | None:
    """The deal as whoever subscribed sees it now; None where they do not."""
    await _let_in(info)
    return await info.context.loaders.opportunity.load(id) if id else None
