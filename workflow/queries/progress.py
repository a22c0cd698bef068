"""Milestones, and activities as the counts that rules read. The caller has scoped the deals."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q
from tortoise.functions import Count, Max

from workflow.models import Activity, ActivityContact, Milestone
from workflow.queries.actors import ACTOR, actor_of
from workflow.queries.grouping import grouped
from workflow.rules.parts import ActivityFacts, MilestoneFacts, Talks
from workflow.rules.progress import WINDOW
from workflow.rules.states import ActivityDirection, MilestoneSide, MilestoneStatus

_STEP = (
    "id", "opportunity_id", "template_key", "name", "side", "weight", "status", "due", "completed_at", "evidence",
    "waive_reason", *ACTOR,
)  # fmt: skip


async def milestones(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[MilestoneFacts, ...]]:
    """The milestones of each deal in the order of the process, those added by hand after them; one statement."""
    found = Milestone.filter(organization_id=organization_id, opportunity_id__in=list(ids)).order_by("position", "id")
    return grouped(await found.values(*_STEP), _milestone)


async def activity_counts(organization_id: UUID, ids: Collection[UUID], now: datetime) -> dict[UUID, ActivityFacts]:
    """What was done on each deal as counts, those of the last days up to now; two statements."""
    mine = {"organization_id": organization_id, "voided_at": None}
    recent = Q(at__gte=now - WINDOW) & ~Q(direction=ActivityDirection.INTERNAL)
    done = Activity.filter(**mine, opportunity_id__in=list(ids)).annotate(
        last=Max("at", _filter=Q(two_way=True)), recent=Count("id", _filter=recent)
    )
    talks = await _talks(organization_id, ids)
    return {
        record["opportunity_id"]: ActivityFacts(
            record["last"], int(record["recent"]), talks.get(record["opportunity_id"], ())
        )
        for record in await done.group_by("opportunity_id").values("opportunity_id", "last", "recent")
    }


async def _talks(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[Talks, ...]]:
    rows = ActivityContact.filter(
        organization_id=organization_id,
        activity__opportunity_id__in=list(ids),
        activity__two_way=True,
        activity__voided_at=None,
    ).annotate(count=Count("id"), last=Max("activity__at"))
    found = rows.group_by("activity__opportunity_id", "contact_id")
    records = await found.values("activity__opportunity_id", "contact_id", "count", "last")
    return grouped(
        records,
        lambda record: Talks(record["contact_id"], int(record["count"]), record["last"]),
        by="activity__opportunity_id",
    )


def _milestone(record: Mapping[str, Any]) -> MilestoneFacts:
    return MilestoneFacts(
        id=record["id"],
        opportunity_id=record["opportunity_id"],
        key=record["template_key"],
        name=record["name"],
        side=MilestoneSide(record["side"]),
        weight=record["weight"],
        status=MilestoneStatus(record["status"]),
        due=record["due"],
        completed_at=record["completed_at"],
        evidence=record["evidence"],
        waive_reason=record["waive_reason"],
        actor=None if record["actor_kind"] is None else actor_of(record),
    )
