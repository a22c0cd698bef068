"""The daily digest: one event per member, with the open alerts on their deals and those escalated to them."""

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
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_organization
from workflow.rules.enums import AlertSeverity, AlertStatus

DIGEST_HOUR = 7
"""The hour, in the organization's time zone, from which the digests of a day are recorded."""
MAX_ALERTS_IN_DIGEST = 20
"""The number of alerts that a digest lists, the most severe first."""


async def record_digests(ctx: Ctx, time_zone: str) -> int:
    """Record today's digest of each active member with an open alert, once. Return how many were recorded."""
    local = ctx.now.astimezone(ZoneInfo(time_zone))
    if local.hour < DIGEST_HOUR:
        return 0
    recorded = 0
    for member in await Member.filter(organization_id=ctx.viewer.organization_id, active=True).values("id"):

        async def work(member_id: UUID = member["id"]) -> bool:
            return await _record_digest(ctx, member_id, local)

        recorded += await transaction(work)
    return recorded


async def _record_digest(ctx: Ctx, member_id: UUID, local: datetime) -> bool:
    key: dict[str, Any] = {
        "organization_id": ctx.viewer.organization_id,
        "member_id": member_id,
        "day": local.date(),
    }
    if await AlertDigest.filter(**key).exists():
        return False
    alerts = _open_alerts(ctx.viewer.organization_id, member_id)
    if not await alerts.exists():
        return False
    # Checked again under the lock: two sweeps that overlap must not record a digest twice.
    await lock_organization(ctx.viewer.organization_id)
    if await AlertDigest.filter(**key).exists():
        return False
    await AlertDigest.create(id=new_id(), **key)
    grouped = await alerts.annotate(count=Count("id")).group_by("severity").values("severity", "count")
    counts = {row["severity"]: row["count"] for row in grouped}
    worst = await alerts.order_by("-rank", "first_seen_at", "id").limit(MAX_ALERTS_IN_DIGEST).values("id")
    payload = {
        "memberId": member_id,
        "day": local.date(),
        "open": {severity: counts.get(severity, 0) for severity in AlertSeverity},
        "alertIds": [row["id"] for row in worst],
    }
    await record_event(ctx, "alert.digest", aggregate="digest", id=member_id, payload=payload)
    return True


def _open_alerts(organization_id: UUID, member_id: UUID) -> QuerySet[Alert]:
    """Return the open alerts on the member's own deals and those escalated to them."""
    own_deals = Opportunity.filter(
        organization_id=organization_id, owner_id=member_id, deleted_at=None
    ).values("id")
    own_or_escalated = Q(opportunity_id__in=Subquery(own_deals)) | Q(escalated_to_id=member_id)
    return Alert.filter(own_or_escalated, organization_id=organization_id, status=AlertStatus.OPEN)
