"""Activities as plain rows, newest first, and who took part in them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import Activity, ActivityContact
from workflow.queries.accounts import ContactRow
from workflow.queries.actors import ACTOR, actor_of
from workflow.queries.grouping import grouped
from workflow.queries.nested import NestedList
from workflow.queries.paging import Term
from workflow.queries.people import columns
from workflow.rules.parts import Actor
from workflow.rules.permissions import Viewer
from workflow.rules.states import ActivityDirection, ActivityKind


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
_PERSON = {name: f"contact__{name}" for name in columns(ContactRow)}


def _activity(record: Mapping[str, Any]) -> ActivityRow:
    words = {"kind": ActivityKind(record["kind"]), "direction": ActivityDirection(record["direction"])}
    kept = {name: value for name, value in record.items() if name not in ACTOR}
    return ActivityRow(**{**kept, **words, "actor": actor_of(record)})


ACTIVITIES = NestedList(Activity, (Term("at", descending=True),), _COLUMNS, _activity, hidden="voided_at")
"""Newest first; one that did not happen is not shown."""


async def activities_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, ActivityRow]:
    """Activities by id, whoever may see their deal; one statement."""
    found = await Activity.filter(organization_id=viewer.organization_id, id__in=list(ids)).values(*_COLUMNS)
    return {record["id"]: _activity(record) for record in found}


async def participants(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, tuple[ContactRow, ...]]:
    """The contacts who took part in each activity, in the order they were named; one statement."""
    rows = ActivityContact.filter(organization_id=viewer.organization_id, activity_id__in=list(ids)).order_by("id")
    return grouped(await rows.values("activity_id", *_PERSON.values()), _contact, by="activity_id")


def _contact(record: Mapping[str, Any]) -> ContactRow:
    return ContactRow(**{name: record[path] for name, path in _PERSON.items()})
