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
from workflow.queries.actors import ACTOR_COLUMNS, actor_of
from workflow.queries.conditions import Span, in_span
from workflow.queries.paging import Window
from workflow.queries.scope import visible
from workflow.rules.events.event_types import matches_pattern
from workflow.rules.opportunity.parts import Actor
from workflow.rules.permissions import Action, Viewer


class FeedPosition(NamedTuple):
    """Where an event stands in the feed."""

    epoch: int
    xid: int
    pos: int

    def cursor(self) -> str:
        """The place as clients keep it."""
        return base64.urlsafe_b64encode(f"{self.epoch}.{self.xid}.{self.pos}".encode()).decode().rstrip("=")


FEED_START = FeedPosition(0, 0, 0)
MAX_TYPE_LENGTH = 64


class InvalidFeedCursorError(ValueError):
    """The cursor was not given out by the feed."""


def parse_cursor(cursor: str) -> FeedPosition:
    """The place that a cursor names."""
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
    """One fact, as recorded."""

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
    """That something happened, and to what; not yet what."""

    id: UUID
    position: FeedPosition
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


ORGANIZATION_VISIBILITY_EVENTS = frozenset({"member.updated", "team.updated"})
"""Facts that may change who sees any deal: roles, visibility and teams."""
DEAL_VISIBILITY_EVENTS = frozenset({"opportunity.updated", "opportunity.deleted"})
"""Facts that may change who sees the deal they tell of: owners and helpers, and what is gone."""


def may_match(filter: EventFilter, head: EventHead) -> bool:
    """Whether a fact may be one of those that are wanted; when it was told is not looked at."""
    if filter.opportunity_id is not None and head.aggregateid not in filter.opportunity_id:
        return False
    return filter.types is None or any(matches_pattern(head.type, name) for name in filter.types)


async def events(viewer: Viewer, filter: EventFilter, window: Window) -> tuple[list[EventRow], bool]:
    """Events between two places, oldest first, the first of them or, backward, the last; whether there are more. One statement."""
    in_window = _between_positions(
        FeedPosition(*window.after) if window.after else None, FeedPosition(*window.before) if window.before else None
    )
    rows = _before_horizon(_of_organization(viewer)).filter(in_window, _filter_condition(filter), _visible_to(viewer))
    names = ("id", "epoch", "xid", "pos", "type", "at", "aggregatetype", "aggregateid", "payload", *ACTOR_COLUMNS)
    order = ("-xid", "-pos") if window.backward else ("xid", "pos")
    found = await rows.order_by(*order).limit(window.size + 1).values(*names)
    page = [_row(record) for record in found[: window.size]]
    return page[::-1] if window.backward else page, len(found) > window.size


async def newest_position(viewer: Viewer) -> FeedPosition:
    """The newest event's place; what commits later stands behind it. One statement."""
    return await _newest(_of_organization(viewer))


async def newest_position_of_all() -> FeedPosition:
    """The newest event's place of any organization; for who stands for everybody. One statement."""
    return await _newest(Event.all())


async def position_before(viewer: Viewer, since: datetime) -> FeedPosition | None:
    """The place right before the first event that was told since then; none where nothing was. One statement."""
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
    """What happened after a place, in one organization or in any, oldest first, whoever may see it: for the product itself. One statement."""
    rows = _before_horizon(Event.all() if organization_id is None else Event.filter(organization_id=organization_id))
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
    """Visible events by id; one statement."""
    names = ("id", "epoch", "xid", "pos", "type", "at", "aggregatetype", "aggregateid", "payload", *ACTOR_COLUMNS)
    rows = _of_organization(viewer).filter(id__in=list(ids)).filter(_visible_to(viewer))
    return {record["id"]: _row(record) for record in await rows.values(*names)}


async def _newest(rows: QuerySet[Event]) -> FeedPosition:
    found = await _before_horizon(rows).order_by("-xid", "-pos").limit(1).values("epoch", "xid", "pos")
    return FeedPosition(**found[0]) if found else FEED_START


def _of_organization(viewer: Viewer) -> QuerySet[Event]:
    return Event.filter(organization_id=viewer.organization_id)


def _before_horizon(rows: QuerySet[Event]) -> QuerySet[Event]:
    """On PostgreSQL only what no running transaction can still slip in before."""
    if dialect() == "sqlite":
        return rows
    return rows.annotate(horizon=RawSQL("pg_snapshot_xmin(pg_current_snapshot())::text::bigint - xid")).filter(
        horizon__gt=0
    )


def _between_positions(after: FeedPosition | None, before: FeedPosition | None) -> Q:
    """In a form that an index answers, for the end of the feed is asked for every second; on SQLite every xid is 0."""
    condition = Q()
    if after is not None:
        later_pos = Q(pos__gt=after.pos)
        condition &= later_pos if dialect() == "sqlite" else Q(xid__gte=after.xid) & (Q(xid__gt=after.xid) | later_pos)
    if before is not None:
        earlier_pos = Q(pos__lt=before.pos)
        condition &= (
            earlier_pos if dialect() == "sqlite" else Q(xid__lte=before.xid) & (Q(xid__lt=before.xid) | earlier_pos)
        )
    return condition


def _filter_condition(filter: EventFilter) -> Q:
    condition = in_span("at", filter.at)
    if filter.types is not None:
        names = [name for name in dict.fromkeys(filter.types) if len(name) <= MAX_TYPE_LENGTH]
        prefixes = [Q(type__startswith=name[:-1]) for name in names if name.endswith("*")]
        condition &= Q(Q(type__in=[name for name in names if not name.endswith("*")]), *prefixes, join_type="OR")
    if filter.opportunity_id is not None:
        condition &= Q(aggregatetype="opportunity", aggregateid__in=list(filter.opportunity_id))
    return condition


def _visible_to(viewer: Viewer) -> Q:
    """Facts of deals go to those who see the deal, of a deleted one and of targets to those who see all; of API keys and webhooks to admins."""
    allowed = Q() if viewer.may(Action.ADMINISTER) else ~Q(aggregatetype__in=["apiKey", "webhook"])
    if viewer.sees_all:
        return allowed
    deals = Q(aggregateid__in=Subquery(visible(viewer).values("id")))
    return allowed & (~Q(aggregatetype__in=["opportunity", "digest", "target"]) | deals | _own_digest(viewer))


def _own_digest(viewer: Viewer) -> Q:
    """A digest is its member's, and of those who see all."""
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
