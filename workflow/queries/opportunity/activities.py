"""Activities as plain rows and as the counts that the rules read, and the contacts who took part in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import Activity, ActivityContact
from workflow.queries.actors import ACTOR_COLUMNS, actor_of
from workflow.queries.grouping import group_by_parent
from workflow.queries.nested_pages import NestedList
from workflow.queries.paging import Term
from workflow.queries.parts import DealParts
from workflow.queries.union import Record, UnionAll, sort_records, table_columns
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


@dataclass(frozen=True, slots=True)
class Conversations:
    """Conversations with each contact by deal, and the participants of each activity in their order."""

    talks: dict[UUID, tuple[ContactConversations, ...]]
    participants: dict[UUID, tuple[UUID, ...]]


def _activity(record: Mapping[str, Any]) -> ActivityRow:
    enums = {"kind": ActivityKind(record["kind"]), "direction": ActivityDirection(record["direction"])}
    values = {name: value for name, value in record.items() if name not in ACTOR_COLUMNS}
    return ActivityRow(**{**values, **enums, "actor": actor_of(record)})


def _select_counts(union: UnionAll, source: str, now: datetime) -> None:
    """Add each deal's last two-way activity and its number of recent activities."""
    start = union.bind(now - RECENT_PERIOD)
    internal = union.bind(ActivityDirection.INTERNAL.value)
    recent = f"at >= {start} AND direction <> {internal}"
    columns = {
        **table_columns(Activity, ["opportunity_id"]),
        "last": ("MAX(at) FILTER (WHERE two_way)", Activity._meta.fields_map["at"]),
        "recent": (f"COUNT(*) FILTER (WHERE {recent})", None),
    }
    union.select(columns, f"{source} GROUP BY opportunity_id")


def _facts_by_deal(records: Sequence[Record]) -> dict[UUID, ActivityFacts]:
    return {record["opportunity_id"]: ActivityFacts(record["last"], record["recent"]) for record in records}


ACTIVITIES = NestedList(
    Activity,
    (Term("at", descending=True),),
    _ACTIVITY_COLUMNS,
    _activity,
    select_facts=_select_counts,
    facts_by_deal=_facts_by_deal,
    hidden_column="voided_at",
)
"""The activities of deals, newest first, without voided ones.

Their facts are counts without conversations.
"""


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


async def conversations(
    organization_id: UUID, *, talks: Collection[UUID] = (), participants: Collection[UUID] = ()
) -> Conversations:
    """Load the conversations of some deals and the participants of some activities; one statement.

    The caller has scoped both.
    """
    union = UnionAll()
    in_organization = f"organization_id = {union.bind(organization_id)}"
    if talks:
        _select_talks(union, in_organization, talks)
    if participants:
        columns = table_columns(ActivityContact, ["id", "activity_id", "contact_id"])
        in_activities = f"activity_id IN ({union.bind(*participants)})"
        union.select(columns, f"FROM activity_contact WHERE {in_organization} AND {in_activities}")
    selects = iter(await union.rows())
    talks_by_deal = group_by_parent(next(selects), _talk) if talks else {}
    contacts_by_activity = (
        group_by_parent(sort_records(next(selects), "id"), _contact, by="activity_id") if participants else {}
    )
    return Conversations(talks_by_deal, contacts_by_activity)


def _count_input(record: Record) -> tuple[datetime, bool, bool]:
    return record["at"], bool(record["two_way"]), record["direction"] == ActivityDirection.INTERNAL


def _select_talks(union: UnionAll, in_organization: str, ids: Collection[UUID]) -> None:
    columns = {
        "opportunity_id": ("activity.opportunity_id", Activity._meta.fields_map["opportunity_id"]),
        **table_columns(ActivityContact, ["contact_id"]),
        "count": ("COUNT(*)", None),
        "last": ("MAX(activity.at)", Activity._meta.fields_map["at"]),
    }
    condition = (
        f"activity.opportunity_id IN ({union.bind(*ids)}) AND activity.two_way AND activity.voided_at IS NULL"
    )
    source = "FROM activity_contact JOIN activity ON activity.id = activity_id"
    union.select(
        columns,
        f"{source} WHERE activity.{in_organization} AND {condition} "
        "GROUP BY activity.opportunity_id, contact_id",
    )


def _talk(record: Record) -> ContactConversations:
    return ContactConversations(record["contact_id"], record["count"], record["last"])


def _contact(record: Record) -> UUID:
    id: UUID = record["contact_id"]
    return id
