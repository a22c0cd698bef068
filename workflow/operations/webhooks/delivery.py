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
from workflow.models.engine.database import dialect, fetch, standing_for, standing_for_everybody, transaction
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.core.journal import record
from workflow.operations.core.locking import hold_organization, locked
from workflow.queries.events.events import EventRow, events_by_id
from workflow.rules.enums import DeliveryStatus
from workflow.rules.events.webhook_signing import PATIENCE, next_attempt

LEASE = timedelta(seconds=60)
"""How long a delivery is one worker's: longer than a receiver may take, so that only a dead worker's is taken over."""
LONGEST_ERROR = 1_024
KEPT = timedelta(days=30)
"""How long what became of a delivery is told."""
SWEPT = 1_000
DUE = """SELECT id FROM webhook_delivery WHERE endpoint_id = $1 AND next_attempt_at <= $2
    AND (leased_until IS NULL OR leased_until <= $2) ORDER BY next_attempt_at, id LIMIT $3"""


@dataclass(frozen=True, slots=True)
class Lane:
    """An endpoint to which something is due."""

    organization_id: UUID
    endpoint_id: UUID


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery under a lease: what is sent where, and by which secrets it is signed."""

    id: UUID
    lease: UUID
    lane: Lane
    attempts: int
    event: EventRow
    url: str
    sealed_secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the receiver answered; no status where it did not. `fault` is none where it took the parcel."""

    status: int | None
    fault: str | None = None
    gone: bool = False
    retry_after: timedelta | None = None


async def lanes(now: datetime) -> list[Lane]:
    """The active endpoints to which something is due, and that nobody is sending."""
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    due = WebhookDelivery.filter(free, next_attempt_at__lte=now, endpoint__active=True)
    with standing_for_everybody():
        found = await due.distinct().values_list("organization_id", "endpoint_id")
    return [Lane(*pair) for pair in found]


async def claim(lane: Lane, now: datetime, most: int) -> list[Parcel]:
    """Take the lease of what is due to an endpoint, at most so many."""

    async def work() -> list[Parcel]:
        free = " FOR UPDATE SKIP LOCKED" if dialect() == "postgres" else ""
        ids = [UUID(str(row["id"])) for row in await fetch(DUE + free, lane.endpoint_id, now, most)]
        found = await WebhookEndpoint.filter(id=lane.endpoint_id, active=True).values()
        if not ids or not found:
            return []
        lease, endpoint = new_id(), found[0]
        await WebhookDelivery.filter(id__in=ids).update(lease=lease, leased_until=now + LEASE)
        rows = await WebhookDelivery.filter(id__in=ids).order_by("id").values("id", "event_id", "attempts")
        told = await events_by_id(system_viewer(lane.organization_id), [row["event_id"] for row in rows])
        before = endpoint["secret_before_until"]
        kept = [endpoint["secret"], *([endpoint["secret_before"]] if before is not None and before > now else [])]
        return [
            Parcel(row["id"], lease, lane, row["attempts"], told[row["event_id"]], endpoint["url"], tuple(kept))
            for row in rows
        ]

    with standing_for(lane.organization_id):
        return await transaction(work)


async def settle(parcel: Parcel, outcome: Outcome, now: datetime, chance: Callable[[], float] = random.random) -> None:
    """Keep what became of a parcel; whoever has lost its lease meanwhile keeps nothing."""

    async def work() -> None:
        endpoint = await _judged(parcel.lane, outcome, now)
        done = {
            "attempts": parcel.attempts + 1,
            "last_status_code": outcome.status,
            "lease": None,
            "leased_until": None,
        }
        fields = done | _became(parcel, outcome, now, chance())
        if await WebhookDelivery.filter(id=parcel.id, lease=parcel.lease).update(**fields) and endpoint:
            await WebhookEndpoint.filter(id=parcel.lane.endpoint_id).update(**endpoint)
            if "active" in endpoint:
                await _tell_disabled(parcel.lane, endpoint["disabled_reason"], now)

    with standing_for(parcel.lane.organization_id):
        await transaction(work)


async def give_back(parcel: Parcel) -> None:
    """End the lease of what was not sent, so that it is due at once."""

    async def work() -> None:
        await WebhookDelivery.filter(id=parcel.id, lease=parcel.lease).update(lease=None, leased_until=None)

    with standing_for(parcel.lane.organization_id):
        await transaction(work)


async def forget(now: datetime) -> int:
    """Take away what became of deliveries long ago, some at a time; their number."""
    with standing_for_everybody():
        old = WebhookDelivery.filter(created_at__lt=now - KEPT, next_attempt_at=None)

        async def work() -> int:
            ids = await old.limit(SWEPT).values_list("id", flat=True)
            return await WebhookDelivery.filter(id__in=list(ids)).delete() if ids else 0

        return await transaction(work)


def _became(parcel: Parcel, outcome: Outcome, now: datetime, chance: float) -> dict[str, Any]:
    """The delivery's columns after an attempt."""
    if outcome.fault is None:
        return {
            "status": DeliveryStatus.DELIVERED,
            "delivered_at": now,
            "last_error": None,
            "next_attempt_at": None,
        }
    again = None if outcome.gone else next_attempt(parcel.attempts + 1, now, chance, outcome.retry_after)
    status = DeliveryStatus.EXHAUSTED if again is None else DeliveryStatus.FAILED
    return {"status": status, "last_error": _words(outcome), "next_attempt_at": again}


def _words(outcome: Outcome) -> str:
    """What was wrong, as any database keeps it: a receiver answers whatever it likes."""
    return UNSTORABLE.sub("\ufffd", outcome.fault or "")[:LONGEST_ERROR]


async def _judged(lane: Lane, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """What changes of the endpoint, which is then held: one that is gone, or has failed for days without one delivery, is disabled."""
    found = await WebhookEndpoint.filter(id=lane.endpoint_id, active=True).values("failing_since")
    if not found or (outcome.fault is None and found[0]["failing_since"] is None):
        return {}
    since = found[0]["failing_since"]
    changes: dict[str, Any] = {"failing_since": None if outcome.fault is None else since or now}
    if outcome.gone:
        changes |= {"active": False, "disabled_reason": "The receiver answered 410 Gone: it wants nothing more."}
    elif outcome.fault is not None and since is not None and since <= now - PATIENCE:
        reason = f"Nothing was delivered for {PATIENCE.days} days. The last attempt: {_words(outcome)[:200]}"
        changes |= {"active": False, "disabled_reason": reason}
    if "active" in changes:
        await hold_organization(lane.organization_id)
    elif changes["failing_since"] == since:
        return {}
    endpoint = await locked(WebhookEndpoint, lane.organization_id, lane.endpoint_id)
    return changes if endpoint is not None and endpoint["active"] else {}


async def _tell_disabled(lane: Lane, reason: str, now: datetime) -> None:
    ctx = Ctx(viewer=system_viewer(lane.organization_id), now=now)
    changes = {"active": {"old": True, "new": False}}
    payload = {"webhookEndpointId": lane.endpoint_id, "reason": reason, "changes": changes}
    await record(ctx, "webhook.disabled", aggregate="webhook", id=lane.endpoint_id, payload=payload)
