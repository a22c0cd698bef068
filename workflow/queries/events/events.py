"""The feed: events in commit order, read so that none is skipped."""

import base64
import binascii
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from tortoise.expressions import Q, RawSQL, Subquery
from tortoise.queryset import QuerySet

from workflow.models import Event
from workflow.models.engine.database import dialect
from workflow.queries.actors import ACTOR_COLUMNS, actor_of
from workflow.queries.conditions import Span, in_span
from workflow.queries.paging import Window
from workflow.queries.scope import visible
from workflow.rules.events.event_types import matches_pattern
from workflow.rules.opportunity.parts import Actor
from workflow.rules.permissions import Action, Viewer


class FeedPosition(NamedTuple):
    """The position of an event in the feed."""

    epoch: int
    xid: int
    pos: int

    def cursor(self) -> str:
        """Return the position as the cursor that clients store."""
        return base64.urlsafe_b64encode(f"{self.epoch}.{self.xid}.{self.pos}".encode()).decode().rstrip("=")


FEED_START = FeedPosition(0, 0, 0)
MAX_TYPE_LENGTH = 64


class InvalidFeedCursorError(ValueError):
    """The cursor does not come from the feed."""


def parse_cursor(cursor: str) -> FeedPosition:
    """Return the position that a cursor contains."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        epoch, xid, pos = (int(part) for part in text.split("."))
    except (ValueError, binascii.Error) as fault:
        raise InvalidFeedCursorError from fault
    if not all(0 <= part < 2**63 for part in (epoch, xid, pos)):
        raise InvalidFeedCursorError
    return FeedPosition(epoch, xid, pos)


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as recorded."""

    id: UUID
    position: FeedPosition
    type: str
    at: datetime
    actor: Actor
    aggregatetype: str
    aggregateid: UUID
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventHead:
    """An event without its payload: enough to decide who has to read it."""

    id: UUID
    position: FeedPosition
    organization_id: UUID
    aggregatetype: str
    aggregateid: UUID
    type: str


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Conditions on events; None leaves one out. A type is a name or a pattern such as `opportunity.*`."""

    types: tuple[str, ...] | None = None
    opportunity_id: tuple[UUID, ...] | None = None
    at: Span | None = None


ORGANIZATION_VISIBILITY_EVENTS = frozenset({"member.updated", "team.updated"})
"""Events that may change who sees any deal: changes of roles, visibility and teams."""
DEAL_VISIBILITY_EVENTS = frozenset({"opportunity.updated", "opportunity.deleted"})
"""Events that may change who sees their deal: changes of owner and collaborators, and deletions."""


def may_match(filter: EventFilter, head: EventHead) -> bool:
    """Return True if an event may match the filter; the time is not checked."""
    if filter.opportunity_id is not None and head.aggregateid not in filter.opportunity_id:
        return False
    return filter.types is None or any(matches_pattern(head.type, name) for name in filter.types)


async def events(viewer: Viewer, filter: EventFilter, window: Window) -> tuple[list[EventRow], bool]:
    """Return the visible events of a window, oldest first, and True if there are more; one statement."""
    in_window = _between_positions(
        FeedPosition(*window.after) if window.after else None,
        FeedPosition(*window.before) if window.before else None,
    )
    rows = _before_horizon(_of_organization(viewer)).filter(
        in_window, _filter_condition(filter), _visible_to(viewer)
    )
    names = (
        "id",
        "epoch",
        "xid",
        "pos",
        "type",
        "at",
        "aggregatetype",
        "aggregateid",
        "payload",
        *ACTOR_COLUMNS,
    )
    order = ("-xid", "-pos") if window.backward else ("xid", "pos")
    found = await rows.order_by(*order).limit(window.size + 1).values(*names)
    page = [_row(record) for record in found[: window.size]]
    return page[::-1] if window.backward else page, len(found) > window.size


async def newest_position(viewer: Viewer) -> FeedPosition:
    """Return the position of the organization's newest event; events that commit later come after it.

    One statement.
    """
    return await _newest(_of_organization(viewer))


async def newest_position_of_all() -> FeedPosition:
    """Return the position of the newest event of all organizations; one statement."""
    return await _newest(Event.all())


async def position_before(viewer: Viewer, since: datetime) -> FeedPosition | None:
    """Return the position before the first event since an instant; None if there is none. One statement."""
    found = (
        await _of_organization(viewer)
        .filter(at__gte=since)
        .order_by("xid", "pos")
        .limit(1)
        .values("epoch", "xid", "pos")
    )
    return FeedPosition(found[0]["epoch"], found[0]["xid"], found[0]["pos"] - 1) if found else None


async def event_heads(
    *, after: FeedPosition, size: int, organization_id: UUID | None = None, types: Sequence[str] = ()
) -> list[EventHead]:
    """Return the events after a position, oldest first, without regard to visibility; one statement.

    They are of one organization, or of all if `organization_id` is None.
    """
    rows = _before_horizon(
        Event.all() if organization_id is None else Event.filter(organization_id=organization_id)
    )
    condition = _between_positions(after, None) & _filter_condition(EventFilter(types=tuple(types) or None))
    found = (
        await rows.filter(condition)
        .order_by("xid", "pos")
        .limit(size)
        .values("id", "organization_id", "aggregatetype", "aggregateid", "type", "epoch", "xid", "pos")
    )
    return [
        EventHead(position=FeedPosition(*(record.pop(name) for name in FeedPosition._fields)), **record)
        for record in found
    ]


async def events_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, EventRow]:
    """Return the visible events with these ids; one statement."""
    names = (
        "id",
        "epoch",
        "xid",
        "pos",
        "type",
        "at",
        "aggregatetype",
        "aggregateid",
        "payload",
        *ACTOR_COLUMNS,
    )
    rows = _of_organization(viewer).filter(id__in=list(ids)).filter(_visible_to(viewer))
    return {record["id"]: _row(record) for record in await rows.values(*names)}


async def _newest(rows: QuerySet[Event]) -> FeedPosition:
    found = await _before_horizon(rows).order_by("-xid", "-pos").limit(1).values("epoch", "xid", "pos")
    return FeedPosition(**found[0]) if found else FEED_START


def _of_organization(viewer: Viewer) -> QuerySet[Event]:
    return Event.filter(organization_id=viewer.organization_id)


def _before_horizon(rows: QuerySet[Event]) -> QuerySet[Event]:
    """Exclude events that a running PostgreSQL transaction may still commit an earlier event before."""
    if dialect() == "sqlite":
        return rows
    # All transactions before xmin have ended, so that no event can still appear among theirs.
    return rows.annotate(
        horizon=RawSQL("pg_snapshot_xmin(pg_current_snapshot())::text::bigint - xid")
    ).filter(horizon__gt=0)


def _between_positions(after: FeedPosition | None, before: FeedPosition | None) -> Q:
    """Return the condition for events between two positions."""
    # This form uses the index; the end of the feed is read every second. On SQLite every xid is 0.
    condition = Q()
    if after is not None:
        greater_pos = Q(pos__gt=after.pos)
        condition &= (
            greater_pos
            if dialect() == "sqlite"
            else Q(xid__gte=after.xid) & (Q(xid__gt=after.xid) | greater_pos)
        )
    if before is not None:
        smaller_pos = Q(pos__lt=before.pos)
        condition &= (
            smaller_pos
            if dialect() == "sqlite"
            else Q(xid__lte=before.xid) & (Q(xid__lt=before.xid) | smaller_pos)
        )
    return condition


def _filter_condition(filter: EventFilter) -> Q:
    condition = in_span("at", filter.at)
    if filter.types is not None:
        names = [name for name in dict.fromkeys(filter.types) if len(name) <= MAX_TYPE_LENGTH]
        prefixes = [Q(type__startswith=name[:-1]) for name in names if name.endswith("*")]
        condition &= Q(
            Q(type__in=[name for name in names if not name.endswith("*")]), *prefixes, join_type="OR"
        )
    if filter.opportunity_id is not None:
        condition &= Q(aggregatetype="opportunity", aggregateid__in=list(filter.opportunity_id))
    return condition


def _visible_to(viewer: Viewer) -> Q:
    """Return the condition for events that the viewer may see.

    An event of a deal is visible with the deal; events of deleted deals and of targets are visible to viewers
    who see everything, and those of API keys and webhooks to admins.
    """
    allowed = Q() if viewer.may(Action.ADMINISTER) else ~Q(aggregatetype__in=["apiKey", "webhook"])
    if viewer.sees_all:
        return allowed
    deals = Q(aggregateid__in=Subquery(visible(viewer).values("id")))
    return allowed & (~Q(aggregatetype__in=["opportunity", "digest", "target"]) | deals | _own_digest(viewer))


def _own_digest(viewer: Viewer) -> Q:
    """Return the condition for the viewer's own digests."""
    # Positions begin at 1, so that `pos=0` matches nothing.
    return Q(aggregatetype="digest", aggregateid=viewer.member_id) if viewer.member_id else Q(pos=0)


def _row(record: Mapping[str, Any]) -> EventRow:
    return EventRow(
        id=record["id"],
        position=FeedPosition(record["epoch"], record["xid"], record["pos"]),
        type=record["type"],
        at=record["at"],
        actor=actor_of(record),
        aggregatetype=record["aggregatetype"],
        aggregateid=record["aggregateid"],
        payload=record["payload"],
    )
