"""The relay: it creates a delivery for each new event that an active endpoint subscribes to."""

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
"""Events that become deliveries in one transaction."""
# The query runs every second. It compares with the newest event only, because SQLite would scan all events
# for one after the position.
ENDPOINTS_BEHIND_SQL = """SELECT e.id, e.organization_id FROM webhook_endpoint e WHERE e.active AND EXISTS (
    SELECT 1 FROM (SELECT xid, pos FROM event WHERE organization_id = e.organization_id
        ORDER BY xid DESC, pos DESC LIMIT 1) newest
    WHERE (newest.xid, newest.pos) > (e.xid, e.pos))"""
RESET_COLUMNS = ("status", "attempts", "next_attempt_at", "lease", "leased_until")
"""The columns of an existing delivery that are reset if its endpoint reaches the event again."""


async def relay(now: datetime) -> int:
    """Create the deliveries of all new events, and return how many. Concurrent relays are safe."""
    with bypass_row_security():
        behind = await fetch(ENDPOINTS_BEHIND_SQL)
    created = 0
    for endpoint in behind:
        organization_id = UUID(str(endpoint["organization_id"]))
        with act_as_organization(organization_id):
            created += await _relay_endpoint(organization_id, UUID(str(endpoint["id"])), now)
    return created


async def _relay_endpoint(organization_id: UUID, id: UUID, now: datetime) -> int:
    """Relay to one endpoint until it is at the end of the feed, one batch of events at a time."""
    created = 0
    while True:

        async def work() -> tuple[int, bool]:
            # A concurrent relay waits here, and continues from the position that this one has reached.
            endpoint = await lock_and_read(WebhookEndpoint, organization_id, id)
            return (
                await _relay_batch(endpoint, now)
                if endpoint is not None and endpoint["active"]
                else (0, False)
            )

        count, more = await transaction(work)
        created += count
        if not more:
            return created


async def _relay_batch(endpoint: Mapping[str, Any], now: datetime) -> tuple[int, bool]:
    """Create the deliveries of one batch and advance the endpoint. Return how many, and if more follow."""
    viewer = system_viewer(endpoint["organization_id"])
    position = FeedPosition(endpoint["epoch"], endpoint["xid"], endpoint["pos"])
    # Read before the events: one that commits in between lies after `end`, and is not skipped.
    end = await newest_position(viewer)
    found = await event_heads(
        after=position, size=BATCH_SIZE, organization_id=viewer.organization_id, types=endpoint["event_types"]
    )
    more = len(found) == BATCH_SIZE
    if found:
        rows = [_delivery(endpoint, event, now) for event in found]
        # An endpoint that was set back reaches events again for which it has deliveries already.
        await WebhookDelivery.bulk_create(
            rows, on_conflict=["endpoint_id", "event_id"], update_fields=list(RESET_COLUMNS)
        )
    # Up to the newest event of any type, so that those of other types are not read again.
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
