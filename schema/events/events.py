"""The feed and the finding of anything by its id."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import strawberry

from schema.core import connections, ids, payloads
from schema.core.context import Info
from schema.core.inputs import bad_input, conditions, maybe, or_none, tuples
from schema.core.nodes import Node, PageInfo, is_row, node_id, told
from schema.core.ranges import DateTimeRange, span
from schema.core.scalars import Json
from schema.opportunity.type import Opportunity
from schema.people.types import Actor
from workflow.queries.events import events
from workflow.queries.events.events import BadFeedCursor, EventRow, Place
from workflow.queries.events.events import EventFilter as Wanted
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.paging import Window
from workflow.rules.events.event_types import EVENT_TYPES


@strawberry.type(
    description="One fact, recorded in the same database transaction as the change it tells of. `cursor` is gap-free in order of commit "
    "inside an organization: read on from the last one seen and nothing is missed or seen twice. "
    f"Types, those of API keys and webhooks for admins alone: {', '.join(sorted(EVENT_TYPES))}."
)
class Event(Node):
    """A fact."""

    is_type_of = is_row(EventRow)
    id: strawberry.ID = node_id("Event")
    type: str = told("What happened, in the past tense: `noun.verb`.")
    at: datetime = told("When.")
    actor: Actor = told("Who did it.")

    @strawberry.field(
        graphql_type=Json, description="Ids as the API takes them, the changed fields old and new, and the actor."
    )
    def payload(self, root: strawberry.Parent[Any]) -> object:
        """The facts."""
        facts: object = payloads.told(root.payload)
        return facts

    @strawberry.field(description="Read on from here with `after`.")
    def cursor(self, root: strawberry.Parent[Any]) -> str:
        """Its place in the feed."""
        cursor: str = root.place.cursor()
        return cursor

    @strawberry.field(
        graphql_type=Opportunity | None, description="The opportunity it tells of; null where it is of none, or gone."
    )
    async def opportunity(self, root: strawberry.Parent[Any], info: Info) -> OpportunityRow | None:
        """Its deal."""
        return (
            await info.context.loaders.opportunity.load(root.aggregateid)
            if root.aggregatetype == "opportunity"
            else None
        )


@strawberry.type(description="An event in a list.")
class EventEdge:
    """One row."""

    is_type_of = is_row(connections.Edge)
    cursor: str = told("Go on from here with `after`.")
    node: Event = told("The event.")


@strawberry.type(description="A page of the feed, oldest first.")
class EventConnection:
    """Facts in order of commit."""

    is_type_of = is_row(connections.Connection)
    edges: list[EventEdge] = told("The rows with their cursors.")
    nodes: list[Event] = told("The rows.")
    page_info: PageInfo = told("Where the page stands.")


@strawberry.input(description="Which events. types: patterns as in webhooks, e.g. `opportunity.*`.")
class EventFilter:
    """Conditions."""

    types: list[str] | None = maybe("Names or patterns that end in `*`.")
    opportunity_id: list[strawberry.ID] | None = maybe("Of one of these opportunities.")
    at: DateTimeRange | None = maybe("In this span.")


@strawberry.type
class EventQuery:
    """The feed, and anything by its id."""

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
        filter: EventFilter | None = strawberry.UNSET,
    ) -> Any:
        """The feed."""
        window = connections.window((), first=first, last=last, default=100)
        after, before = or_none(after), or_none(before)
        window = replace(window, after=place(after, "after"), before=place(before, "before"))
        rows, more = await events.events(info.context.viewer, wanted(filter), window)
        return _page(rows, window, more=more, after=after, before=before)

    @strawberry.field(
        graphql_type=Node | None, description="Anything by its id; null where there is none that the viewer sees."
    )
    async def node(self, info: Info, id: strawberry.ID) -> Any:
        """One."""
        return await find(info, id)

    @strawberry.field(
        graphql_type=list[Node | None],
        description="Each of the ids in turn, at most 100; null where there is none that the viewer sees.",
    )
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> Any:
        """Many."""
        if len(ids) > connections.MOST:
            raise bad_input(f"`ids` has {len(ids)} ids; at most {connections.MOST} are answered at once.")
        return [await find(info, id) for id in ids]


async def find(info: Info, id: str) -> object | None:
    """Whatever visible row the id names."""
    found = ids.decode(id)
    if found is None:
        return None
    if found[0] == "Organization":
        own = await info.context.loaders.organization()
        return own if own.id == found[1] else None
    return await info.context.loaders.row(*found)


def wanted(filter: EventFilter | None) -> Wanted:
    """The filter as a query takes it."""
    fields = conditions(filter)
    if "opportunity_id" in fields:
        fields["opportunity_id"] = ids.known_of("Opportunity", fields["opportunity_id"])
    if "at" in fields:
        fields["at"] = span(fields["at"])
    return Wanted(**tuples(fields))


def place(cursor: str | None, name: str) -> Place | None:
    """The place that a cursor names; none where there is none."""
    try:
        return events.place_of(cursor) if cursor else None
    except BadFeedCursor:
        message = f"`{name}` is no cursor of the feed. Take `endCursor` or `startCursor` of a page, or `eventCursor`."
        raise bad_input(message) from None


def _page(
    rows: Sequence[EventRow], window: Window, *, more: bool, after: str | None, before: str | None
) -> connections.Connection[EventRow]:
    edges = [connections.Edge(cursor=row.place.cursor(), node=row) for row in rows]
    info = PageInfo(
        has_next_page=before is not None if window.backward else more,
        has_previous_page=more if window.backward else after is not None,
        start_cursor=edges[0].cursor if edges else before,
        end_cursor=edges[-1].cursor if edges else after,
    )
    return connections.Connection(edges=edges, nodes=list(rows), page_info=info, scope=None)
