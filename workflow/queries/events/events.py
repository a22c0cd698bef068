"""The feed: events in the order they were committed, read so that none is skipped."""

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
from workflow.queries.actors import ACTOR, actor_of
from workflow.queries.opportunity.accounts import Span, between
from workflow.queries.paging import Window
from workflow.queries.scope import visible
from workflow.rules.events.event_types import is_of
from workflow.rules.opportunity.facts import Actor
from workflow.rules.permissions import Action, Viewer


class Place(NamedTuple):
    """Where an event stands in the feed."""

    epoch: int
    xid: int
    pos: int

    def cursor(self) -> str:
        """The place as clients keep it."""
        return base64.urlsafe_b64encode(f"{self.epoch}.{self.xid}.{self.pos}".encode()).decode().rstrip("=")


START = Place(0, 0, 0)
LONGEST_TYPE = 64


class BadFeedCursor(ValueError):
    """The cursor was not given out by the feed."""


def place_of(cursor: str) -> Place:
    """The place that a cursor names."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        epoch, xid, pos = (int(part) for part in text.split("."))
    except (ValueError, binascii.Error) as fault:
        raise BadFeedCursor from fault
    if not all(0 <= part < 2**63 for part in (epoch, xid, pos)):
        raise BadFeedCursor
    return Place(epoch, xid, pos)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One fact, as recorded."""

    id: UUID
    place: Place
    type: str
    at: datetime
    actor: Actor
    aggregatetype: str
    aggregateid: UUID
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """That something happened, and to what; not yet what."""

    id: UUID
    place: Place
    organization_id: UUID
    aggregatetype: str
    aggregateid: UUID
    type: str


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Types are names or patterns such as `opportunity.*`; None leaves a condition out."""

    types: tuple[str, ...] | None = None
    opportunity_id: tuple[UUID, ...] | None = None
    at: Span | None = None


SIGHT_OF_ALL = frozenset({"member.updated", "team.updated"})
"""Facts that may change who sees any deal: roles, visibility and teams."""
SIGHT_OF_ONE = frozenset({"opportunity.updated", "opportunity.deleted"})
"""Facts that may change who sees the deal they tell of: owners and helpers, and what is gone."""


def concerns(filter: EventFilter, head: Head) -> bool:
    """Whether a fact may be one of those that are wanted; when it was told is not looked at."""
    if filter.opportunity_id is not None and head.aggregateid not in filter.opportunity_id:
        return False
    return filter.types is None or any(is_of(head.type, name) for name in filter.types)


async def events(viewer: Viewer, filter: EventFilter, window: Window) -> tuple[list[EventRow], bool]:
    """Events between two places, oldest first, the first of them or, backward, the last; whether there are more. One statement."""
    between = _between(Place(*window.after) if window.after else None, Place(*window.before) if window.before else None)
    rows = _settled(_own(viewer)).filter(between, _wanted(filter), _visible(viewer))
    names = ("id", "epoch", "xid", "pos", "type", "at", "aggregatetype", "aggregateid", "payload", *ACTOR)
    order = ("-xid", "-pos") if window.backward else ("xid", "pos")
    found = await rows.order_by(*order).limit(window.size + 1).values(*names)
    page = [_row(record) for record in found[: window.size]]
    return page[::-1] if window.backward else page, len(found) > window.size


async def newest(viewer: Viewer) -> Place:
    """The newest event's place; what commits later stands behind it. One statement."""
    return await _last(_own(viewer))


async def newest_of_all() -> Place:
    """The newest event's place of any organization; for who stands for everybody. One statement."""
    return await _last(Event.all())


async def first_since(viewer: Viewer, since: datetime) -> Place | None:
    """The place right before the first event that was told since then; none where nothing was. One statement."""
    found = await _own(viewer).filter(at__gte=since).order_by("xid", "pos").limit(1).values("epoch", "xid", "pos")
    return Place(found[0]["epoch"], found[0]["xid"], found[0]["pos"] - 1) if found else None


async def heads(
    *, after: Place, size: int, organization_id: UUID | None = None, types: Sequence[str] = ()
) -> list[Head]:
    """What happened after a place, in one organization or in any, oldest first, whoever may see it: for the product itself. One statement."""
    rows = _settled(Event.all() if organization_id is None else Event.filter(organization_id=organization_id))
    wanted = _between(after, None) & _wanted(EventFilter(types=tuple(types) or None))
    found = (
        await rows.filter(wanted)
        .order_by("xid", "pos")
        .limit(size)
        .values("id", "organization_id", "aggregatetype", "aggregateid", "type", "epoch", "xid", "pos")
    )
    return [Head(place=Place(*(record.pop(name) for name in Place._fields)), **record) for record in found]


async def events_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, EventRow]:
    """Visible events by id; one statement."""
    names = ("id", "epoch", "xid", "pos", "type", "at", "aggregatetype", "aggregateid", "payload", *ACTOR)
    rows = _own(viewer).filter(id__in=list(ids)).filter(_visible(viewer))
    return {record["id"]: _row(record) for record in await rows.values(*names)}


async def _last(rows: QuerySet[Event]) -> Place:
    found = await _settled(rows).order_by("-xid", "-pos").limit(1).values("epoch", "xid", "pos")
    return Place(**found[0]) if found else START


def _own(viewer: Viewer) -> QuerySet[Event]:
    return Event.filter(organization_id=viewer.organization_id)


def _settled(rows: QuerySet[Event]) -> QuerySet[Event]:
    """On PostgreSQL only what no running transaction can still slip in before."""
    if dialect() == "sqlite":
        return rows
    return rows.annotate(horizon=RawSQL("pg_snapshot_xmin(pg_current_snapshot())::text::bigint - xid")).filter(
        horizon__gt=0
    )


def _between(after: Place | None, before: Place | None) -> Q:
    """In a form that an index answers, for the end of the feed is asked for every second; on SQLite every xid is 0."""
    condition = Q()
    if after is not None:
        beyond = Q(pos__gt=after.pos)
        condition &= beyond if dialect() == "sqlite" else Q(xid__gte=after.xid) & (Q(xid__gt=after.xid) | beyond)
    if before is not None:
        ahead = Q(pos__lt=before.pos)
        condition &= ahead if dialect() == "sqlite" else Q(xid__lte=before.xid) & (Q(xid__lt=before.xid) | ahead)
    return condition


def _wanted(filter: EventFilter) -> Q:
    condition = between("at", filter.at)
    if filter.types is not None:
        names = [name for name in dict.fromkeys(filter.types) if len(name) <= LONGEST_TYPE]
        starts = [Q(type__startswith=name[:-1]) for name in names if name.endswith("*")]
        condition &= Q(Q(type__in=[name for name in names if not name.endswith("*")]), *starts, join_type="OR")
    if filter.opportunity_id is not None:
        condition &= Q(aggregatetype="opportunity", aggregateid__in=list(filter.opportunity_id))
    return condition


def _visible(viewer: Viewer) -> Q:
    """Facts of deals go to those who see the deal, of a deleted one and of targets to those who see all; of API keys and webhooks to admins."""
    known = Q() if viewer.may(Action.ADMINISTER) else ~Q(aggregatetype__in=["apiKey", "webhook"])
    if viewer.sees_all:
        return known
    deals = Q(aggregateid__in=Subquery(visible(viewer).values("id")))
    return known & (~Q(aggregatetype__in=["opportunity", "digest", "target"]) | deals | _own_digest(viewer))


def _own_digest(viewer: Viewer) -> Q:
    """A digest is its member's, and of those who see all."""
    return Q(aggregatetype="digest", aggregateid=viewer.member_id) if viewer.member_id else Q(pos=0)


def _row(record: Mapping[str, Any]) -> EventRow:
    return EventRow(
        id=record["id"],
        place=Place(record["epoch"], record["xid"], record["pos"]),
        type=record["type"],
        at=record["at"],
        actor=actor_of(record),
        aggregatetype=record["aggregatetype"],
        aggregateid=record["aggregateid"],
        payload=record["payload"],
    )
