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
    description="One fact, recorded in the same database transaction as the change it tells of. `cursor` is gap-free in order of commit "
    "inside an organization: read on from the last one seen and nothing is missed or seen twice. "
    f"Types, those of API keys and webhooks for admins alone: {', '.join(sorted(EVENT_TYPES))}."
)
class Event(Node):
    is_type_of = backed_by(EventRow)
    id: strawberry.ID = node_id("Event")
    type: str = described("What happened, in the past tense: `noun.verb`.")
    at: datetime = described("When.")
    actor: ActorType = described("Who did it.")

    @strawberry.field(
        graphql_type=Json, description="Ids as the API takes them, the changed fields old and new, and the actor."
    )
    def payload(self, root: strawberry.Parent[Any]) -> object:
        payload: object = payloads.encode_ids(root.payload)
        return payload

    @strawberry.field(description="Read on from here with `after`.")
    def cursor(self, root: strawberry.Parent[Any]) -> str:
        cursor: str = root.position.cursor()
        return cursor

    @strawberry.field(
        graphql_type=Opportunity | None, description="The opportunity it tells of; null where it is of none, or gone."
    )
    async def opportunity(self, root: strawberry.Parent[Any], info: Info) -> OpportunityRow | None:
        return (
            await info.context.loaders.opportunity.load(root.aggregateid)
            if root.aggregatetype == "opportunity"
            else None
        )


@strawberry.type(description="An event in a list.")
class EventEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described("Go on from here with `after`.")
    node: Event = described("The event.")


@strawberry.type(description="A page of the feed, oldest first.")
class EventConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[EventEdge] = described("The rows with their cursors.")
    nodes: list[Event] = described("The rows.")
    page_info: PageInfo = described("Where the page stands.")


@strawberry.input(name="EventFilter", description="Which events. types: patterns as in webhooks, e.g. `opportunity.*`.")
class EventFilterInput:
    types: list[str] | None = optional("Names or patterns that end in `*`.")
    opportunity_id: list[strawberry.ID] | None = optional("Of one of these opportunities.")
    at: DateTimeRange | None = optional("In this span.")


@strawberry.type
class EventQuery:
    @strawberry.field(
        graphql_type=EventConnection,
        description="Facts, oldest first: from `after` on, for `endCursor` to read on; or, with `last`, the newest ones.",
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
        graphql_type=Node | None, description="Anything by its id; null where there is none that the viewer sees."
    )
    async def node(self, info: Info, id: strawberry.ID) -> Any:
        return await find_node(info, id)

    @strawberry.field(
        graphql_type=list[Node | None],
        description="Each of the ids in turn, at most 100; null where there is none that the viewer sees.",
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
