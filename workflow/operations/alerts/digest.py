"""A member's morning: what stands open on their deals and what came up to them, told once a day as an event that a webhook takes."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tortoise.expressions import Q, Subquery
from tortoise.functions import Count
from tortoise.queryset import QuerySet

from workflow.models import Alert, AlertDigest, Member, Opportunity
from workflow.models.columns import new_id
from workflow.models.engine.database import transaction
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import record
from workflow.operations.core.locking import hold_organization
from workflow.rules.enums import AlertSeverity, AlertStatus

MORNING = 7
"""The hour of the organization's day from which its digests are told."""
NAMED = 20
"""The worst alerts that a digest names."""


async def tell_digests(ctx: Ctx, time_zone: str) -> int:
    """Tell each active member with an open alert today's digest, once, from the morning on; how many were told."""
    local = ctx.now.astimezone(ZoneInfo(time_zone))
    if local.hour < MORNING:
        return 0
    told = 0
    for person in await Member.filter(organization_id=ctx.viewer.organization_id, active=True).values("id"):

        async def work(member_id: UUID = person["id"]) -> bool:
            return await _tell(ctx, member_id, local)

        told += await transaction(work)
    return told


async def _tell(ctx: Ctx, member_id: UUID, local: datetime) -> bool:
    mine: dict[str, Any] = {"organization_id": ctx.viewer.organization_id, "member_id": member_id, "day": local.date()}
    if await AlertDigest.filter(**mine).exists():
        return False
    open_ones = _open(ctx.viewer.organization_id, member_id)
    if not await open_ones.exists():
        return False
    await hold_organization(ctx.viewer.organization_id)
    if await AlertDigest.filter(**mine).exists():
        return False
    await AlertDigest.create(id=new_id(), **mine)
    grouped = await open_ones.annotate(count=Count("id")).group_by("severity").values("severity", "count")
    counted = {row["severity"]: row["count"] for row in grouped}
    worst = await open_ones.order_by("-rank", "first_seen_at", "id").limit(NAMED).values("id")
    payload = {
        "memberId": member_id,
        "day": local.date(),
        "open": {severity: counted.get(severity, 0) for severity in AlertSeverity},
        "alertIds": [row["id"] for row in worst],
    }
    await record(ctx, "alert.digest", aggregate="digest", id=member_id, payload=payload)
    return True


def _open(organization_id: UUID, member_id: UUID) -> QuerySet[Alert]:
    """Open alerts of the member's own deals, and those that were escalated to them."""
    own = Opportunity.filter(organization_id=organization_id, owner_id=member_id, deleted_at=None).values("id")
    theirs = Q(opportunity_id__in=Subquery(own)) | Q(escalated_to_id=member_id)
    return Alert.filter(theirs, organization_id=organization_id, status=AlertStatus.OPEN)
