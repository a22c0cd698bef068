"""The milestones of deals. The caller has scoped the deals."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from workflow.models import Milestone
from workflow.queries.actors import ACTOR_COLUMNS, actor_of
from workflow.queries.grouping import group_by_parent
from workflow.rules.enums import MilestoneSide, MilestoneStatus
from workflow.rules.opportunity.parts import MilestoneFacts

_MILESTONE_COLUMNS = (
    "id", "opportunity_id", "template_key", "name", "side", "weight", "status", "due", "completed_at",
    "evidence", "waive_reason", *ACTOR_COLUMNS,
)  # fmt: skip


async def milestones(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[MilestoneFacts, ...]]:
    """Load the milestones of each deal by position, those of the process before those added by hand.

    One statement.
    """
    found = Milestone.filter(organization_id=organization_id, opportunity_id__in=list(ids)).order_by(
        "position", "id"
    )
    return group_by_parent(await found.values(*_MILESTONE_COLUMNS), _milestone)


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
