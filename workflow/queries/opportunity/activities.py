"""Activities as plain rows and as the counts that the rules read, and the contacts who took part in them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import Activity
from workflow.models.engine.database import Record, read
from workflow.queries.actors import ACTOR_COLUMNS, actor_of
from workflow.queries.grouping import group_by_parent
from workflow.queries.nested_pages import NestedList
from workflow.queries.paging import Term
from workflow.queries.parts import DealParts
from workflow.queries.records import in_list, list_value, to_id
from workflow.rules.enums import ActivityDirection, ActivityKind
from workflow.rules.opportunity.milestones import RECENT_PERIOD, count_activities
from workflow.rules.opportunity.parts import ActivityFacts, Actor, ContactConversations
from workflow.rules.permissions import Viewer


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """An activity as stored."""

    id: UUID
    opportunity_id: UUID
    kind: ActivityKind
    direction: ActivityDirection
    two_way: bool
    at: datetime
    summary: str
    actor: Actor


_ACTIVITY_COLUMNS = ("id", "opportunity_id", "kind", "direction", "two_way", "at", "summary", *ACTOR_COLUMNS)


def _activity(record: Mapping[str, Any]) -> ActivityRow:
    enums = {"kind": ActivityKind(record["kind"]), "direction": ActivityDirection(record["direction"])}
    values = {name: value for name, value in record.items() if name not in ACTOR_COLUMNS}
    return ActivityRow(**{**values, **enums, "actor": actor_of(record)})


ACTIVITIES = NestedList(
    Activity,
    (Term("at", descending=True),),
    _ACTIVITY_COLUMNS,
    _activity,
    hidden_column="voided_at",
)
"""The activities of deals, newest first, without voided ones."""


@dataclass(frozen=True, slots=True)
class ActivityCounts:
    """The last two-way activity of a deal, and the number of its recent ones."""

    last_two_way_at: datetime | None
    recent_count: int


ACTIVITY_COUNTS = DealParts(
    ActivityCounts,
    Activity,
    order='"activity".opportunity_id',
    sql={
        "last_two_way_at": 'MAX("activity".at) FILTER (WHERE "activity".two_way)',
        "recent_count": """COUNT(*) FILTER (
            WHERE "activity".at >= $3 AND "activity".direction <> 'INTERNAL')""",
    },
    where=' AND "activity".voided_at IS NULL GROUP BY "activity".opportunity_id',
    uses_instant=True,
    eager=True,
)
"""The counts of each deal's activities; recent are those since $3."""
CONVERSATIONS = DealParts(
    ContactConversations,
    Activity,
    order="contact_id",
    sql={
        "contact_id": '"activity_contact".contact_id',
        "count": "COUNT(*)",
        "last_at": 'MAX("activity".at)',
    },
    join='JOIN "activity_contact" ON "activity_contact".activity_id = "activity".id',
    where=' AND "activity".two_way AND "activity".voided_at IS NULL '
    'GROUP BY "activity".opportunity_id, "activity_contact".contact_id',
    eager=True,
)
"""The two-way activities of each deal with each contact."""


def start_of_recent(now: datetime) -> datetime:
    """Return the instant since which activities are recent."""
    return now - RECENT_PERIOD


def activity_facts(
    counts: Mapping[UUID, Sequence[ActivityCounts]], talks: Mapping[UUID, tuple[ContactConversations, ...]]
) -> dict[UUID, ActivityFacts]:
    """Return the activity facts of each deal that has activities."""
    return {
        deal: ActivityFacts(found.last_two_way_at, found.recent_count, talks.get(deal, ()))
        for deal, [found] in counts.items()
    }


async def activity_facts_at(
    organization_id: UUID, moments: Mapping[UUID, datetime]
) -> dict[UUID, ActivityFacts]:
    """Load the activity counts of each deal as of its own instant; one statement.

    The caller has scoped the deals.
    """
    activities = Activity.filter(
        organization_id=organization_id, opportunity_id__in=list(moments), voided_at=None
    )
    rows = group_by_parent(
        await activities.values("opportunity_id", "at", "two_way", "direction"), _count_input
    )
    return {id: count_activities(rows.get(id, ()), at) for id, at in moments.items()}


async def activities_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, ActivityRow]:
    """Return the activities with these ids, without regard to visibility; one statement."""
    found = await Activity.filter(organization_id=viewer.organization_id, id__in=list(ids)).values(
        *_ACTIVITY_COLUMNS
    )
    return {record["id"]: _activity(record) for record in found}


async def participants(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Return the contacts who took part in each activity, in their order; one statement.

    The caller has scoped the activities.
    """
    sql = f"{_PARTICIPANTS} {in_list('$2')} ORDER BY id"
    records = await read(sql, organization_id, list_value(ids))
    contacts: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for record in records:
        contacts[to_id(record["activity_id"])].append(to_id(record["contact_id"]))
    return {activity: tuple(found) for activity, found in contacts.items()}


_PARTICIPANTS = """SELECT activity_id, contact_id FROM activity_contact
    WHERE organization_id = $1 AND activity_id"""


def _count_input(record: Record) -> tuple[datetime, bool, bool]:
    return record["at"], bool(record["two_way"]), record["direction"] == ActivityDirection.INTERNAL
