"""From the feed to the receivers: each active endpoint gets a delivery for each fact it wants, and its place in the feed goes on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import WebhookDelivery, WebhookEndpoint
from workflow.models.columns import new_id
from workflow.models.engine.database import act_as_organization, bypass_row_security, fetch, transaction
from workflow.operations.core.context import system_viewer
from workflow.operations.core.locking import lock_and_read
from workflow.queries.events.events import EventHead, FeedPosition, event_heads, newest_position
from workflow.rules.enums import DeliveryStatus

BATCH_SIZE = 500
"""Facts that become deliveries in one transaction."""
ENDPOINTS_BEHIND_SQL = """SELECT e.id, e.organization_id FROM webhook_endpoint e WHERE e.active AND EXISTS (
    SELECT 1 FROM (SELECT xid, pos FROM event WHERE organization_id = e.organization_id ORDER BY xid DESC, pos DESC LIMIT 1) newest
    WHERE (newest.xid, newest.pos) > (e.xid, e.pos))"""
"""By the newest fact alone, for this is asked every second: SQLite would look through all of them for one after a place."""
RESET_COLUMNS = ("status", "attempts", "next_attempt_at", "lease", "leased_until")
"""What starts anew where an endpoint has gone back in the feed and meets a fact again."""


async def relay(now: datetime) -> int:
    """Make the deliveries of all that was told; their number. Whoever else relays at the same time makes none twice."""
    with bypass_row_security():
        behind = await fetch(ENDPOINTS_BEHIND_SQL)
    created = 0
    for endpoint in behind:
        with act_as_organization(UUID(str(endpoint["organization_id"]))):
            created += await _relay_endpoint(UUID(str(endpoint["organization_id"])), UUID(str(endpoint["id"])), now)
    return created


async def _relay_endpoint(organization_id: UUID, id: UUID, now: datetime) -> int:
    """Bring one endpoint to the end of the feed, some facts at a time."""
    created = 0
    while True:

        async def work() -> tuple[int, bool]:
            endpoint = await lock_and_read(WebhookEndpoint, organization_id, id)
            return await _relay_batch(endpoint, now) if endpoint is not None and endpoint["active"] else (0, False)

        count, more = await transaction(work)
        created += count
        if not more:
            return created


async def _relay_batch(endpoint: Mapping[str, Any], now: datetime) -> tuple[int, bool]:
    viewer = system_viewer(endpoint["organization_id"])
    position = FeedPosition(endpoint["epoch"], endpoint["xid"], endpoint["pos"])
    end = await newest_position(viewer)
    found = await event_heads(
        after=position, size=BATCH_SIZE, organization_id=viewer.organization_id, types=endpoint["event_types"]
    )
    more = len(found) == BATCH_SIZE
    if found:
        rows = [_delivery(endpoint, event, now) for event in found]
        await WebhookDelivery.bulk_create(
            rows, on_conflict=["endpoint_id", "event_id"], update_fields=list(RESET_COLUMNS)
        )
    reached = found[-1].position if more else max([end, *(event.position for event in found[-1:]), position])
    if reached != position:
        await WebhookEndpoint.filter(id=endpoint["id"]).update(**reached._asdict())
    return len(found), more


def _delivery(endpoint: Mapping[str, Any], event: EventHead, now: datetime) -> WebhookDelivery:
    return WebhookDelivery(
        id=new_id(),
        organization_id=endpoint["organization_id"],
        endpoint_id=endpoint["id"],
        event_id=event.id,
        status=DeliveryStatus.PENDING,
        attempts=0,
        next_attempt_at=now,
        created_at=now,
    )
