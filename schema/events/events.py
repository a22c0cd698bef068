"""The event feed: the type Event, its filter and its query."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import strawberry

from schema.core import connections, ids, payloads
from schema.core.context import Info
from schema.core.inputs import bad_input, conditions, lists_to_tuples, optional, or_none
from schema.core.nodes import Node, Root, backed_by, described, node_id
from schema.core.ranges import DateTimeRange, to_span
from schema.core.scalars import Json
from schema.opportunity.type import Opportunity
from schema.people.types import ActorType
from workflow.queries.events import events
from workflow.queries.events.events import EventFilter, EventRow, FeedPosition, InvalidFeedCursorError
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.paging import Page, Window
from workflow.rules.events.event_types import EVENT_TYPES


@strawberry.type(
    description="A change, recorded in the same database transaction as the change itself. Cursors follow "
    "the order of "
    "commit in the organization without gaps: continue after the last one, and no event is missed or read "
    "twice. Only admins can see the events of API keys and webhooks. "
    f"Types: {', '.join(sorted(EVENT_TYPES))}."
)
class Event(Node):
    is_type_of = backed_by(EventRow)
    id: strawberry.ID = node_id("Event")
    type: str = described("The type, such as `opportunity.created`.")
    at: datetime = described("The time of the change.")
    actor: ActorType = described("The member, API key or system that made the change.")

    @strawberry.field(
        graphql_type=Json,
        description="The ids as this API accepts them, the changed fields with their old and new "
        "values, and the actor.",
    )
    def payload(self, root: Root) -> object:
        payload: object = payloads.encode_ids(root.payload)
        return payload

    @strawberry.field(
        description="The position of the event in the feed. Pass it as `after` to continue after it."
    )
    def cursor(self, root: Root) -> str:
        cursor: str = root.position.cursor()
        return cursor

    @strawberry.field(
        graphql_type=Opportunity | None,
        description="The opportunity that the event belongs to. Null if it belongs to none, or if it is "
        "deleted.",
    )
    async def opportunity(self, root: Root, info: Info) -> OpportunityRow | None:
        return (
            await info.context.loaders.opportunity.load(root.aggregateid)
            if root.aggregatetype == "opportunity"
            else None
        )


@strawberry.input(
    name="EventFilter",
    description="A filter for events. All fields that are given must match; a list matches if one of its "
    "values does.",
)
class EventFilterInput:
    types: list[str] | None = optional(
        "Events of one of these types. A pattern such as `opportunity.*` matches all types with that start."
    )
    opportunity_id: list[strawberry.ID] | None = optional("Events of one of these opportunities.")
    at: DateTimeRange | None = optional("Events in this range of time.")


EventFilterArgument = Annotated[
    EventFilterInput | None, strawberry.argument(description="Only events that match this filter.")
]


@strawberry.type
class EventQuery:
    @strawberry.field(
        graphql_type=connections.Connection[Event],
        description="The events that you can see, oldest first. Continue with `after` and the last "
        "`endCursor`, or read the newest ones with `last`.",
    )
    async def events(
        self,
        info: Info,
        first: connections.First = 100,
        after: connections.After = strawberry.UNSET,
        last: connections.Last = strawberry.UNSET,
        before: connections.Before = strawberry.UNSET,
        filter: EventFilterArgument = strawberry.UNSET,
    ) -> Any:
        window = connections.window((), first=first, last=last, default=100)
        after = or_none(after)
        before = or_none(before)
        # Cursors of the feed are readable, so they are not those of other lists.
        window = replace(
            window, after=parse_feed_cursor(after, "after"), before=parse_feed_cursor(before, "before")
        )
        rows, more = await events.events(info.context.viewer, parse_event_filter(filter), window)
        return _to_connection(rows, window, more=more, after=after, before=before)


def parse_event_filter(filter: EventFilterInput | None) -> EventFilter:
    """Convert the filter for a query."""
    fields = conditions(filter)
    if "opportunity_id" in fields:
        fields["opportunity_id"] = ids.parse_valid("Opportunity", fields["opportunity_id"])
    if "at" in fields:
        fields["at"] = to_span(fields["at"])
    return EventFilter(**lists_to_tuples(fields))


def parse_feed_cursor(cursor: str | None, name: str) -> FeedPosition | None:
    """Return the position that a cursor encodes; None without a cursor."""
    try:
        return events.parse_cursor(cursor) if cursor else None
    except InvalidFeedCursorError:
        message = (
            f"`{name}` is not a cursor of the feed. Use `endCursor` or `startCursor` of a page, or "
            "`eventCursor`."
        )
        raise bad_input(message) from None


def _to_connection(
    rows: Sequence[EventRow], window: Window, *, more: bool, after: str | None, before: str | None
) -> connections.Connection[EventRow]:
    page = Page(
        rows=tuple(rows),
        keys=[row.position for row in rows],
        has_next=before is not None if window.backward else more,
        has_previous=more if window.backward else after is not None,
    )
    return connections.Connection(page=page, cursor=FeedPosition.cursor, before=before, after=after)
