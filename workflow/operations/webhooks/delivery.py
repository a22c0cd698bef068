"""Deliveries on their way: claimed by a lease, so that several workers share them, and settled by what the receiver answered."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from workflow.models import WebhookDelivery, WebhookEndpoint
from workflow.models.columns import UNSTORABLE, new_id
from workflow.models.engine.database import act_as_organization, bypass_row_security, dialect, fetch, transaction
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_and_read, lock_organization
from workflow.queries.events.events import EventRow, events_by_id
from workflow.rules.enums import DeliveryStatus
from workflow.rules.events.webhook_retries import DISABLE_AFTER, next_retry_at

LEASE_DURATION = timedelta(seconds=60)
"""How long a delivery is one worker's: longer than a receiver may take, so that only a dead worker's is taken over."""
MAX_ERROR_LENGTH = 1_024
RETENTION = timedelta(days=30)
"""How long what became of a delivery is told."""
CLEANUP_BATCH_SIZE = 1_000
DUE_DELIVERIES_SQL = """SELECT id FROM webhook_delivery WHERE endpoint_id = $1 AND next_attempt_at <= $2
    AND (leased_until IS NULL OR leased_until <= $2) ORDER BY next_attempt_at, id LIMIT $3"""


@dataclass(frozen=True, slots=True)
class DueEndpoint:
    """An endpoint to which something is due."""

    organization_id: UUID
    endpoint_id: UUID


@dataclass(frozen=True, slots=True)
class LeasedDelivery:
    """One delivery under a lease: what is sent where, and by which secrets it is signed."""

    id: UUID
    lease: UUID
    endpoint: DueEndpoint
    attempts: int
    event: EventRow
    url: str
    encrypted_secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """What the receiver answered; no status where it did not. `fault` is none where it took the parcel."""

    status: int | None
    error: str | None = None
    gone: bool = False
    retry_after: timedelta | None = None


async def due_endpoints(now: datetime) -> list[DueEndpoint]:
    """The active endpoints to which something is due, and that nobody is sending."""
    available = Q(leased_until=None) | Q(leased_until__lte=now)
    due = WebhookDelivery.filter(available, next_attempt_at__lte=now, endpoint__active=True)
    with bypass_row_security():
        found = await due.distinct().values_list("organization_id", "endpoint_id")
    return [DueEndpoint(*pair) for pair in found]


async def lease_deliveries(due_endpoint: DueEndpoint, now: datetime, limit: int) -> list[LeasedDelivery]:
    """Take the lease of what is due to an endpoint, at most so many."""

    async def work() -> list[LeasedDelivery]:
        lock_clause = " FOR UPDATE SKIP LOCKED" if dialect() == "postgres" else ""
        ids = [
            UUID(str(row["id"]))
            for row in await fetch(DUE_DELIVERIES_SQL + lock_clause, due_endpoint.endpoint_id, now, limit)
        ]
        found = await WebhookEndpoint.filter(id=due_endpoint.endpoint_id, active=True).values()
        if not ids or not found:
            return []
        lease, endpoint = new_id(), found[0]
        await WebhookDelivery.filter(id__in=ids).update(lease=lease, leased_until=now + LEASE_DURATION)
        rows = await WebhookDelivery.filter(id__in=ids).order_by("id").values("id", "event_id", "attempts")
        events = await events_by_id(system_viewer(due_endpoint.organization_id), [row["event_id"] for row in rows])
        previous_valid_until = endpoint["secret_before_until"]
        encrypted_secrets = [
            endpoint["secret"],
            *([endpoint["secret_before"]] if previous_valid_until is not None and previous_valid_until > now else []),
        ]
        return [
            LeasedDelivery(
                row["id"],
                lease,
                due_endpoint,
                row["attempts"],
                events[row["event_id"]],
                endpoint["url"],
                tuple(encrypted_secrets),
            )
            for row in rows
        ]

    with act_as_organization(due_endpoint.organization_id):
        return await transaction(work)


async def record_outcome(
    delivery: LeasedDelivery, outcome: DeliveryOutcome, now: datetime, jitter: Callable[[], float] = random.random
) -> None:
    """Keep what became of a parcel; whoever has lost its lease meanwhile keeps nothing."""

    async def work() -> None:
        endpoint_changes = await _endpoint_changes(delivery.endpoint, outcome, now)
        columns = {
            "attempts": delivery.attempts + 1,
            "last_status_code": outcome.status,
            "lease": None,
            "leased_until": None,
        }
        delivery_columns = columns | _delivery_columns(delivery, outcome, now, jitter())
        if (
            await WebhookDelivery.filter(id=delivery.id, lease=delivery.lease).update(**delivery_columns)
            and endpoint_changes
        ):
            await WebhookEndpoint.filter(id=delivery.endpoint.endpoint_id).update(**endpoint_changes)
            if "active" in endpoint_changes:
                await _record_disabled(delivery.endpoint, endpoint_changes["disabled_reason"], now)

    with act_as_organization(delivery.endpoint.organization_id):
        await transaction(work)


async def release_delivery(delivery: LeasedDelivery) -> None:
    """End the lease of what was not sent, so that it is due at once."""

    async def work() -> None:
        await WebhookDelivery.filter(id=delivery.id, lease=delivery.lease).update(lease=None, leased_until=None)

    with act_as_organization(delivery.endpoint.organization_id):
        await transaction(work)


async def delete_old_deliveries(now: datetime) -> int:
    """Take away what became of deliveries long ago, some at a time; their number."""
    with bypass_row_security():
        old = WebhookDelivery.filter(created_at__lt=now - RETENTION, next_attempt_at=None)

        async def work() -> int:
            ids = await old.limit(CLEANUP_BATCH_SIZE).values_list("id", flat=True)
            return await WebhookDelivery.filter(id__in=list(ids)).delete() if ids else 0

        return await transaction(work)


def _delivery_columns(
    delivery: LeasedDelivery, outcome: DeliveryOutcome, now: datetime, jitter: float
) -> dict[str, Any]:
    """The delivery's columns after an attempt."""
    if outcome.error is None:
        return {
            "status": DeliveryStatus.DELIVERED,
            "delivered_at": now,
            "last_error": None,
            "next_attempt_at": None,
        }
    next_attempt_at = None if outcome.gone else next_retry_at(delivery.attempts + 1, now, jitter, outcome.retry_after)
    status = DeliveryStatus.EXHAUSTED if next_attempt_at is None else DeliveryStatus.FAILED
    return {"status": status, "last_error": _error_text(outcome), "next_attempt_at": next_attempt_at}


def _error_text(outcome: DeliveryOutcome) -> str:
    """What was wrong, as any database keeps it: a receiver answers whatever it likes."""
    return UNSTORABLE.sub("\ufffd", outcome.error or "")[:MAX_ERROR_LENGTH]


async def _endpoint_changes(due_endpoint: DueEndpoint, outcome: DeliveryOutcome, now: datetime) -> dict[str, Any]:
    """What changes of the endpoint, which is then held: one that is gone, or has failed for days without one delivery, is disabled."""
    found = await WebhookEndpoint.filter(id=due_endpoint.endpoint_id, active=True).values("failing_since")
    if not found or (outcome.error is None and found[0]["failing_since"] is None):
        return {}
    since = found[0]["failing_since"]
    changes: dict[str, Any] = {"failing_since": None if outcome.error is None else since or now}
    if outcome.gone:
        changes |= {"active": False, "disabled_reason": "The receiver answered 410 Gone: it wants nothing more."}
    elif outcome.error is not None and since is not None and since <= now - DISABLE_AFTER:
        reason = f"Nothing was delivered for {DISABLE_AFTER.days} days. The last attempt: {_error_text(outcome)[:200]}"
        changes |= {"active": False, "disabled_reason": reason}
    if "active" in changes:
        await lock_organization(due_endpoint.organization_id)
    elif changes["failing_since"] == since:
        return {}
    endpoint = await lock_and_read(WebhookEndpoint, due_endpoint.organization_id, due_endpoint.endpoint_id)
    return changes if endpoint is not None and endpoint["active"] else {}


async def _record_disabled(due_endpoint: DueEndpoint, reason: str, now: datetime) -> None:
    ctx = Ctx(viewer=system_viewer(due_endpoint.organization_id), now=now)
    changes = {"active": {"old": True, "new": False}}
    payload = {"webhookEndpointId": due_endpoint.endpoint_id, "reason": reason, "changes": changes}
    await record_event(ctx, "webhook.disabled", aggregate="webhook", id=due_endpoint.endpoint_id, payload=payload)
