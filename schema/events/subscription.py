"""The subscriptions: events, alerts and one opportunity."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import strawberry
from graphql import GraphQLError

from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import or_none
from schema.events.events import Event, EventFilterArgument, parse_event_filter, parse_feed_cursor
from schema.opportunity.alerts import Alert, AlertFilterArgument, parse_alert_filter
from schema.opportunity.type import Opportunity
from workflow.queries.events import events
from workflow.queries.events.events import EventFilter, EventRow, FeedPosition
from workflow.queries.opportunity import alerts
from workflow.queries.opportunity.alerts import AlertFilter, AlertRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.paging import Window
from workflow.rules.enums import AlertSeverity, AlertStatus
from workflow.rules.permissions import Viewer

After = Annotated[str | None, strawberry.argument(description="The cursor of the last event that you have.")]
OpportunityId = Annotated[strawberry.ID, strawberry.argument(description="The opportunity.")]

BATCH_SIZE = 50
"""The events of one statement. A slow client never has more of them in memory."""


@strawberry.type
class EventSubscription:
    @strawberry.subscription(
        graphql_type=Event,
        description="Every event after the cursor `after`, then each new one as it is recorded. Left "
        "out: only new ones. Reconnect with the last `cursor`, and no event is lost or sent "
        "twice. Each event is sent to those who can see it at that moment.",
    )
    async def events(
        self, info: Info, after: After = strawberry.UNSET, filter: EventFilterArgument = strawberry.UNSET
    ) -> AsyncIterator[EventRow]:
        async with aclosing(
            _stream_events(
                info, parse_event_filter(or_none(filter)), parse_feed_cursor(or_none(after), "after")
            )
        ) as stream:
            async for row in stream:
                yield row

    @strawberry.subscription(
        graphql_type=Alert,
        description="An alert after each change to it, if it matches the filter before or after the change.",
    )
    async def alert_changed(
        self, info: Info, filter: AlertFilterArgument = strawberry.UNSET
    ) -> AsyncIterator[AlertRow]:
        scope = parse_alert_filter(or_none(filter))
        async with aclosing(_stream_events(info, EventFilter(types=("alert.*",)), None)) as stream:
            async for event in stream:
                row = await _matching_alert(info, scope, event)
                if row is not None:
                    yield row

    @strawberry.subscription(
        graphql_type=Opportunity | None,
        description="The opportunity after each change to it or to one of its parts. Changes that come "
        "together are sent once. Null, and then the end, when it is deleted or you can no "
        "longer see it.",
    )
    async def opportunity_changed(
        self, info: Info, id: OpportunityId
    ) -> AsyncIterator[OpportunityRow | None]:
        found = ids.decode(id)
        opportunity_id = found[1] if found and found[0] == "Opportunity" else None
        organization_id = info.context.viewer.organization_id
        async with info.context.feed.subscribe(
            organization_id, lambda head: head.aggregateid == opportunity_id, aggregate_id=opportunity_id
        ) as subscriber:
            row = await _visible_opportunity(info, opportunity_id)
            while row is not None:
                changed_ids = await subscriber.wait()
                row = await _visible_opportunity(info, opportunity_id)
                if row is not None and opportunity_id in changed_ids:
                    yield row
        yield None


async def _stream_events(
    info: Info, filters: EventFilter, after: FeedPosition | None
) -> AsyncGenerator[EventRow, None]:
    """Yield the events after a position without an end. Visibility is checked when an event is sent."""
    viewer = info.context.viewer
    async with info.context.feed.subscribe(
        viewer.organization_id, lambda head: events.may_match(filters, head)
    ) as subscriber:
        position = after or await events.newest_position(viewer)
        while True:
            visibility = subscriber.visibility_changes
            viewer = await _refresh_viewer(info)
            rows, more = await events.events(viewer, filters, Window(size=BATCH_SIZE, after=position))
            for row in rows:
                info.context.reset()
                yield row
                position = row.position
                if subscriber.visibility_changes != visibility:
                    break
            else:
                if not more:
                    await subscriber.wait()


async def _matching_alert(info: Info, scope: AlertFilter, event: EventRow) -> AlertRow | None:
    """Return the alert of an event, if it matches the filter now or matched it before the change."""
    loaders = info.context.loaders
    id = event.payload.get("alertId")
    row: AlertRow | None = None if id is None else await loaders.alert.load(UUID(id))
    deal = None if row is None else await loaders.opportunity.load(row.opportunity_id)
    if row is None or deal is None:
        return None
    owner = await load_required(loaders.member, deal.owner_id)
    changes = event.payload.get("changes", {})
    enums = (("status", AlertStatus), ("severity", AlertSeverity))
    before: dict[str, Any] = {
        name: enum(changes[name]["old"]) for name, enum in enums if changes.get(name, {}).get("old")
    }
    versions = (row, replace(row, **before))
    return (
        row
        if any(alerts.matches(scope, version, deal.owner_id, owner.team_id) for version in versions)
        else None
    )


async def _refresh_viewer(info: Info) -> Viewer:
    """Return the subscriber as of now; raise UNAUTHENTICATED if the credentials are no longer valid."""
    if not await info.context.refresh_viewer():
        raise GraphQLError(
            "The credentials are no longer valid. Sign in again.", extensions={"code": "UNAUTHENTICATED"}
        )
    return info.context.viewer


async def _visible_opportunity(info: Info, id: UUID | None) -> OpportunityRow | None:
    """Return the deal; None if the subscriber can no longer see it."""
    await _refresh_viewer(info)
    return await info.context.loaders.opportunity.load(id) if id else None
