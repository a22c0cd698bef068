"""Activities as plain rows, newest first, and as the counts that rules read; who took part in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import Activity, ActivityContact
from workflow.queries.actors import ACTOR, actor_of
from workflow.queries.grouping import grouped
from workflow.queries.nested_pages import NestedList
from workflow.queries.paging import Term
from workflow.queries.union import Record, Together, ordered, plain
from workflow.rules.enums import ActivityDirection, ActivityKind
from workflow.rules.opportunity.milestones import WINDOW, counted
from workflow.rules.opportunity.parts import ActivityFacts, Actor, Talks
from workflow.rules.permissions import Viewer


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """Something that was done, as stored."""

    id: UUID
    opportunity_id: UUID
    kind: ActivityKind
    direction: ActivityDirection
    two_way: bool
    at: datetime
    summary: str
    actor: Actor


_COLUMNS = ("id", "opportunity_id", "kind", "direction", "two_way", "at", "summary", *ACTOR)


@dataclass(frozen=True, slots=True)
class Spoken:
    """Who was spoken with: on each deal as the rules count it, and in each activity in the order they were named."""

    talks: dict[UUID, tuple[Talks, ...]]
    participants: dict[UUID, tuple[UUID, ...]]


def _activity(record: Mapping[str, Any]) -> ActivityRow:
    words = {"kind": ActivityKind(record["kind"]), "direction": ActivityDirection(record["direction"])}
    kept = {name: value for name, value in record.items() if name not in ACTOR}
    return ActivityRow(**{**kept, **words, "actor": actor_of(record)})


def _counts(asked: Together, shown: str, now: datetime) -> None:
    """What was done on each deal as counts, those of the last days up to now."""
    recent = f"at >= {asked.bind(now - WINDOW)} AND direction <> {asked.bind(ActivityDirection.INTERNAL.value)}"
    columns = {
        **plain(Activity, ["opportunity_id"]),
        "last": ("MAX(at) FILTER (WHERE two_way)", Activity._meta.fields_map["at"]),
        "recent": (f"COUNT(*) FILTER (WHERE {recent})", None),
    }
    asked.select(columns, f"{shown} GROUP BY opportunity_id")


def _counted(records: Sequence[Record]) -> dict[UUID, ActivityFacts]:
    return {record["opportunity_id"]: ActivityFacts(record["last"], record["recent"]) for record in records}


ACTIVITIES = NestedList(
    Activity, (Term("at", descending=True),), _COLUMNS, _activity, digest=_counts, digested=_counted, hidden="voided_at"
)
"""Newest first; one that did not happen is not shown. The rules read counts, and know nothing of who was spoken with yet."""


async def activity_facts(organization_id: UUID, ids: Collection[UUID], now: datetime) -> dict[UUID, ActivityFacts]:
    """What was done on each deal as the rules read it; two statements. The caller has scoped the deals."""
    counts = await ACTIVITIES.digests(organization_id, ids, now)
    talks = (await spoken(organization_id, talks=ids)).talks
    return {id: replace(found, talks=talks.get(id, ())) for id, found in counts.items()}


async def activity_until(organization_id: UUID, moments: Mapping[UUID, datetime]) -> dict[UUID, ActivityFacts]:
    """What had been done on each deal at a moment of its own; one statement. The caller has scoped the deals."""
    mine = Activity.filter(organization_id=organization_id, opportunity_id__in=list(moments), voided_at=None)
    rows = grouped(await mine.values("opportunity_id", "at", "two_way", "direction"), _done)
    return {id: counted(rows.get(id, ()), at) for id, at in moments.items()}


async def activities_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, ActivityRow]:
    """Activities by id, whoever may see their deal; one statement."""
    found = await Activity.filter(organization_id=viewer.organization_id, id__in=list(ids)).values(*_COLUMNS)
    return {record["id"]: _activity(record) for record in found}


async def spoken(organization_id: UUID, *, talks: Collection[UUID] = (), participants: Collection[UUID] = ()) -> Spoken:
    """The talks on some deals, and the contacts who took part in some activities; one statement. The caller has scoped both."""
    asked = Together()
    mine = f"organization_id = {asked.bind(organization_id)}"
    if talks:
        _talks(asked, mine, talks)
    if participants:
        columns = plain(ActivityContact, ["id", "activity_id", "contact_id"])
        taken = f"activity_id IN ({asked.bind(*participants)})"
        asked.select(columns, f"FROM activity_contact WHERE {mine} AND {taken}")
    found = iter(await asked.rows())
    counted = grouped(next(found), _talk) if talks else {}
    named = grouped(ordered(next(found), "id"), _contact, by="activity_id") if participants else {}
    return Spoken(counted, named)


def _done(record: Record) -> tuple[datetime, bool, bool]:
    return record["at"], bool(record["two_way"]), record["direction"] == ActivityDirection.INTERNAL


def _talks(asked: Together, mine: str, ids: Collection[UUID]) -> None:
    columns = {
        "opportunity_id": ("activity.opportunity_id", Activity._meta.fields_map["opportunity_id"]),
        **plain(ActivityContact, ["contact_id"]),
        "count": ("COUNT(*)", None),
        "last": ("MAX(activity.at)", Activity._meta.fields_map["at"]),
    }
    shown = f"activity.opportunity_id IN ({asked.bind(*ids)}) AND activity.two_way AND activity.voided_at IS NULL"
    joined = "FROM activity_contact JOIN activity ON activity.id = activity_id"
    asked.select(columns, f"{joined} WHERE activity.{mine} AND {shown} GROUP BY activity.opportunity_id, contact_id")


def _talk(record: Record) -> Talks:
    return Talks(record["contact_id"], record["count"], record["last"])


def _contact(record: Record) -> UUID:
    id: UUID = record["contact_id"]
    return id
