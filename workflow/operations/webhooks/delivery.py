"""Deliveries of webhooks: leased, so that workers can share them, and updated with the receiver's answer."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from workflow.models import WebhookDelivery, WebhookEndpoint
from workflow.models.columns import UNSTORABLE, new_id
from workflow.models.engine.database import (
    act_as_organization,
    bypass_row_security,
    dialect,
    fetch,
    transaction,
)
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_and_read, lock_organization
from workflow.queries.events.events import EventRow, events_by_id
from workflow.rules.enums import DeliveryStatus
from workflow.rules.events.webhook_retries import DISABLE_AFTER, next_retry_at

LEASE_DURATION = timedelta(seconds=60)
"""The lease of a delivery. It exceeds the timeout of a request, so that only a dead worker loses it."""
MAX_ERROR_LENGTH = 1_024
RETENTION = timedelta(days=30)
"""The time after which a delivery that needs no further attempt is deleted."""
CLEANUP_BATCH_SIZE = 1_000
DUE_DELIVERIES_SQL = """SELECT id FROM webhook_delivery WHERE endpoint_id = $1 AND next_attempt_at <= $2
    AND (leased_until IS NULL OR leased_until <= $2) ORDER BY next_attempt_at, id LIMIT $3"""


@dataclass(frozen=True, slots=True)
class DueEndpoint:
    """An endpoint with deliveries that are due."""

    organization_id: UUID
    endpoint_id: UUID


@dataclass(frozen=True, slots=True)
class LeasedDelivery:
    """A leased delivery: the event to send, the URL, and the secrets that sign it."""

    id: UUID
    lease: UUID
    endpoint: DueEndpoint
    attempts: int
    event: EventRow
    url: str
    encrypted_secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """The result of one attempt. `status` is None without an answer, and `error` is None after a success."""

    status: int | None
    error: str | None = None
    gone: bool = False
    retry_after: timedelta | None = None


async def due_endpoints(now: datetime) -> list[DueEndpoint]:
    """Return the active endpoints with deliveries that are due and not leased."""
    available = Q(leased_until=None) | Q(leased_until__lte=now)
    due = WebhookDelivery.filter(available, next_attempt_at__lte=now, endpoint__active=True)
    with bypass_row_security():
        found = await due.distinct().values_list("organization_id", "endpoint_id")
    return [DueEndpoint(*pair) for pair in found]


async def lease_deliveries(due_endpoint: DueEndpoint, now: datetime, limit: int) -> list[LeasedDelivery]:
    """Lease at most `limit` due deliveries of an endpoint."""

    async def work() -> list[LeasedDelivery]:
        # Concurrent workers skip the rows of each other instead of waiting for them.
        lock_clause = " FOR UPDATE SKIP LOCKED" if dialect() == "postgres" else ""
        due = await fetch(DUE_DELIVERIES_SQL + lock_clause, due_endpoint.endpoint_id, now, limit)
        ids = [UUID(str(row["id"])) for row in due]
        found = await WebhookEndpoint.filter(id=due_endpoint.endpoint_id, active=True).values()
        if not ids or not found:
            return []
        endpoint = found[0]
        # Identifies this lease: the outcome of an attempt whose lease has ended is ignored.
        lease = new_id()
        await WebhookDelivery.filter(id__in=ids).update(lease=lease, leased_until=now + LEASE_DURATION)
        rows = await WebhookDelivery.filter(id__in=ids).order_by("id").values("id", "event_id", "attempts")
        events = await events_by_id(
            system_viewer(due_endpoint.organization_id), [row["event_id"] for row in rows]
        )
        return [
            LeasedDelivery(
                id=row["id"],
                lease=lease,
                endpoint=due_endpoint,
                attempts=row["attempts"],
                event=events[row["event_id"]],
                url=endpoint["url"],
                encrypted_secrets=_valid_secrets(endpoint, now),
            )
            for row in rows
        ]

    with act_as_organization(due_endpoint.organization_id):
        return await transaction(work)


def _valid_secrets(endpoint: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    """Return the endpoint's secret and, for some time after a rotation, the one before it."""
    previous_valid_until = endpoint["secret_before_until"]
    if previous_valid_until is not None and previous_valid_until > now:
        return endpoint["secret"], endpoint["secret_before"]
    return (endpoint["secret"],)


async def record_outcome(
    delivery: LeasedDelivery,
    outcome: DeliveryOutcome,
    now: datetime,
    jitter: Callable[[], float] = random.random,
) -> None:
    """Store the outcome of an attempt, and disable an endpoint that fails for too long.

    Do nothing if another worker has leased the delivery meanwhile.
    """

    async def work() -> None:
        # The endpoint is locked before the delivery, as a change of the endpoint locks them.
        endpoint_changes = await _endpoint_changes(delivery.endpoint, outcome, now)
        columns = _delivery_columns(delivery, outcome, now, jitter())
        is_leased = await WebhookDelivery.filter(id=delivery.id, lease=delivery.lease).update(**columns)
        if not is_leased or not endpoint_changes:
            return
        await WebhookEndpoint.filter(id=delivery.endpoint.endpoint_id).update(**endpoint_changes)
        if "active" in endpoint_changes:
            await _record_disabled(delivery.endpoint, endpoint_changes["disabled_reason"], now)

    with act_as_organization(delivery.endpoint.organization_id):
        await transaction(work)


async def release_delivery(delivery: LeasedDelivery) -> None:
    """End the lease of a delivery that was not sent, so that it is due at once."""

    async def work() -> None:
        await WebhookDelivery.filter(id=delivery.id, lease=delivery.lease).update(
            lease=None, leased_until=None
        )

    with act_as_organization(delivery.endpoint.organization_id):
        await transaction(work)


async def delete_old_deliveries(now: datetime) -> int:
    """Delete one batch of deliveries that ended longer ago than RETENTION. Return how many were deleted."""
    with bypass_row_security():
        old = WebhookDelivery.filter(created_at__lt=now - RETENTION, next_attempt_at=None)

        async def work() -> int:
            # PostgreSQL has no LIMIT for DELETE.
            ids = await old.limit(CLEANUP_BATCH_SIZE).values_list("id", flat=True)
            return await WebhookDelivery.filter(id__in=list(ids)).delete() if ids else 0

        return await transaction(work)


def _delivery_columns(
    delivery: LeasedDelivery, outcome: DeliveryOutcome, now: datetime, jitter: float
) -> dict[str, Any]:
    """Return the delivery's columns after an attempt."""
    attempts = delivery.attempts + 1
    columns = {"attempts": attempts, "last_status_code": outcome.status, "lease": None, "leased_until": None}
    if outcome.error is None:
        success = {"status": DeliveryStatus.DELIVERED, "delivered_at": now, "last_error": None}
        return {**columns, **success, "next_attempt_at": None}
    next_attempt_at = None if outcome.gone else next_retry_at(attempts, now, jitter, outcome.retry_after)
    status = DeliveryStatus.EXHAUSTED if next_attempt_at is None else DeliveryStatus.FAILED
    return {
        **columns,
        "status": status,
        "last_error": _error_text(outcome),
        "next_attempt_at": next_attempt_at,
    }


def _error_text(outcome: DeliveryOutcome) -> str:
    """Return the error as a text that can be stored. A receiver may answer with any bytes."""
    return UNSTORABLE.sub("\ufffd", outcome.error or "")[:MAX_ERROR_LENGTH]


async def _endpoint_changes(
    due_endpoint: DueEndpoint, outcome: DeliveryOutcome, now: datetime
) -> dict[str, Any]:
    """Return the changes of the endpoint, and lock it if there are any.

    It is disabled if the receiver answered 410 Gone, or if every attempt has failed for DISABLE_AFTER.
    """
    # Read without a lock, because most outcomes change nothing of the endpoint.
    found = await WebhookEndpoint.filter(id=due_endpoint.endpoint_id, active=True).values("failing_since")
    if not found or (outcome.error is None and found[0]["failing_since"] is None):
        return {}
    since = found[0]["failing_since"]
    changes: dict[str, Any] = {"failing_since": None if outcome.error is None else since or now}
    if outcome.gone:
        reason = "The receiver answered 410 Gone: it does not want any more events."
        changes |= {"active": False, "disabled_reason": reason}
    elif outcome.error is not None and since is not None and since <= now - DISABLE_AFTER:
        error = _error_text(outcome)[:200]
        reason = f"No delivery succeeded for {DISABLE_AFTER.days} days. The last attempt failed with: {error}"
        changes |= {"active": False, "disabled_reason": reason}
    if "active" in changes:
        # The event about it is audited, which locks the organization. Changes by admins lock it first, too.
        await lock_organization(due_endpoint.organization_id)
    elif changes["failing_since"] == since:
        return {}
    endpoint = await lock_and_read(WebhookEndpoint, due_endpoint.organization_id, due_endpoint.endpoint_id)
    # While this waited for the lock, an admin may have deleted the endpoint or switched it off.
    return changes if endpoint is not None and endpoint["active"] else {}


async def _record_disabled(due_endpoint: DueEndpoint, reason: str, now: datetime) -> None:
    ctx = Ctx(viewer=system_viewer(due_endpoint.organization_id), now=now)
    changes = {"active": {"old": True, "new": False}}
    payload = {"webhookEndpointId": due_endpoint.endpoint_id, "reason": reason, "changes": changes}
    await record_event(
        ctx, "webhook.disabled", aggregate="webhook", id=due_endpoint.endpoint_id, payload=payload
    )
