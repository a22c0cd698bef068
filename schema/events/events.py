"""The feed and the finding of anything by its id."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import strawberry

from schema.core import connections, ids, payloads
from schema.core.context import Info
from schema.core.inputs import bad_input, conditions, lists_to_tuples, optional, or_none
from schema.core.nodes import Node, PageInfo, backed_by, described, node_id
from schema.core.ranges import DateTimeRange, to_span
from schema.core.scalars import Json
from schema.opportunity.type import Opportunity
from schema.people.types import ActorType
from workflow.queries.events import events
from workflow.queries.events.events import EventFilter, EventRow, FeedPosition, InvalidFeedCursorError
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.paging import Window
from workflow.rules.events.event_types import EVENT_TYPES


@strawberry.type(
    description="A change, recorded in the same database transaction as the change itself. Cursors follow the order of "
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
    def payload(self, root: strawberry.Parent[Any]) -> object:
        payload: object = payloads.encode_ids(root.payload)
        return payload

    @strawberry.field(description="The position of the event in the feed. Pass it as `after` to continue after it.")
    def cursor(self, root: strawberry.Parent[Any]) -> str:
        cursor: str = root.position.cursor()
        return cursor

    @strawberry.field(
        graphql_type=Opportunity | None,
        description="The opportunity that the event belongs to. Null if it belongs to none, or if it is deleted.",
    )
    async def opportunity(self, root: strawberry.Parent[Any], info: Info) -> OpportunityRow | None:
        return (
            await info.context.loaders.opportunity.load(root.aggregateid)
            if root.aggregatetype == "opportunity"
            else None
        )


@strawberry.type(description="An event and its cursor.")
class EventEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described(
        "The position of this item. Pass it as `after` to continue after it, or as `before` to go back."
    )
    node: Event = described("The event.")


@strawberry.type(description="A page of events.")
class EventConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[EventEdge] = described("The items of the page, each with its cursor.")
    nodes: list[Event] = described("The items of the page, without their cursors.")
    page_info: PageInfo = described("The position of the page in the list.")


@strawberry.input(
    name="EventFilter",
    description="A filter for events. All fields that are given must match; a list matches if one of its values does.",
)
class EventFilterInput:
    types: list[str] | None = optional(
        "Events of one of these types. A pattern such as `opportunity.*` matches all types with that start."
    )
    opportunity_id: list[strawberry.ID] | None = optional("Events of one of these opportunities.")
    at: DateTimeRange | None = optional("Events in this range of time.")


@strawberry.type
class EventQuery:
    @strawberry.field(
        graphql_type=EventConnection,
        description="The events that you can see, oldest first. Continue with `after` and the last "
        "`endCursor`, or read the newest ones with `last`.",
    )
    async def events(
        self,
        info: Info,
        first: int | None = 100,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
        filter: EventFilterInput | None = strawberry.UNSET,
    ) -> Any:
        window = connections.window((), first=first, last=last, default=100)
        after, before = or_none(after), or_none(before)
        window = replace(window, after=parse_feed_cursor(after, "after"), before=parse_feed_cursor(before, "before"))
        rows, more = await events.events(info.context.viewer, parse_event_filter(filter), window)
        return _to_connection(rows, window, more=more, after=after, before=before)

    @strawberry.field(
        graphql_type=Node | None,
        description="The object with this id, of any type. Null if there is none that you can see.",
    )
    async def node(self, info: Info, id: strawberry.ID) -> Any:
        return await find_node(info, id)

    @strawberry.field(
        graphql_type=list[Node | None],
        description="The objects with these ids, in the same order, at most 100. Null for each that "
        "does not exist or that you cannot see.",
    )
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> Any:
        if len(ids) > connections.MAX_PAGE_SIZE:
            raise bad_input(f"`ids` has {len(ids)} ids; at most {connections.MAX_PAGE_SIZE} are answered at once.")
        return [await find_node(info, id) for id in ids]


async def find_node(info: Info, id: str) -> object | None:
    """Whatever visible row the id names."""
    found = ids.decode(id)
    if found is None:
        return None
    if found[0] == "Organization":
        organization = await info.context.loaders.organization()
        return organization if organization.id == found[1] else None
    return await info.context.loaders.row(*found)


def parse_event_filter(filter: EventFilterInput | None) -> EventFilter:
    """The filter as a query takes it."""
    fields = conditions(filter)
    if "opportunity_id" in fields:
        fields["opportunity_id"] = ids.parse_valid("Opportunity", fields["opportunity_id"])
    if "at" in fields:
        fields["at"] = to_span(fields["at"])
    return EventFilter(**lists_to_tuples(fields))


def parse_feed_cursor(cursor: str | None, name: str) -> FeedPosition | None:
    """The place that a cursor names; none where there is none."""
    try:
        return events.parse_cursor(cursor) if cursor else None
    except InvalidFeedCursorError:
        message = f"`{name}` is no cursor of the feed. Take `endCursor` or `startCursor` of a page, or `eventCursor`."
        raise bad_input(message) from None


def _to_connection(
    rows: Sequence[EventRow], window: Window, *, more: bool, after: str | None, before: str | None
) -> connections.Connection[EventRow]:
    edges = [connections.Edge(cursor=row.position.cursor(), node=row) for row in rows]
    info = PageInfo(
        has_next_page=before is not None if window.backward else more,
        has_previous_page=more if window.backward else after is not None,
        start_cursor=edges[0].cursor if edges else before,
        end_cursor=edges[-1].cursor if edges else after,
    )
    return connections.Connection(edges=edges, nodes=list(rows), page_info=info, scope=None)
