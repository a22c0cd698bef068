"""Webhook endpoints and deliveries as plain rows, only for admins and never with secrets.

One statement for each read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import WebhookDelivery, WebhookEndpoint
from workflow.models.engine.database import bypass_row_security, fetch
from workflow.queries.paging import Page, Term, Window, page
from workflow.rules.enums import DeliveryStatus
from workflow.rules.permissions import Action, Viewer, require_permission

NEWEST_FIRST = (Term("created_at", descending=True),)
OLDEST_UNRELAYED_EVENT = """SELECT MIN(event.at) AS at
    FROM webhook_endpoint e JOIN event ON event.organization_id = e.organization_id
    AND (event.xid, event.pos) > (e.xid, e.pos) WHERE e.active"""
OLDEST_DUE_DELIVERY = """SELECT MIN(d.next_attempt_at) AS at
    FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id
    WHERE e.active AND d.next_attempt_at <= $1 AND (d.leased_until IS NULL OR d.leased_until <= $1)"""


@dataclass(frozen=True, slots=True)
class WebhookEndpointRow:
    """An endpoint as stored, without its secrets."""

    id: UUID
    url: str
    event_types: list[str]
    active: bool
    disabled_reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WebhookDeliveryRow:
    """The delivery of one event to one endpoint, as stored."""

    id: UUID
    event_id: UUID
    status: DeliveryStatus
    attempts: int
    last_status_code: int | None
    last_error: str | None
    next_attempt_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class WorkerLag:
    """The worker's backlog: active endpoints, and the times of the oldest waiting event and delivery."""

    endpoints: int
    event_at: datetime | None
    delivery_at: datetime | None


_ENDPOINT_COLUMNS = tuple(WebhookEndpointRow.__dataclass_fields__)
_DELIVERY_COLUMNS = tuple(WebhookDeliveryRow.__dataclass_fields__)


async def webhook_endpoints(viewer: Viewer) -> list[WebhookEndpointRow]:
    """Return all endpoints in the order they were created.

    Raise PermissionDeniedError if the viewer is not an admin.
    """
    require_permission(viewer, Action.ADMINISTER, to="see webhook endpoints")
    found = WebhookEndpoint.filter(organization_id=viewer.organization_id).order_by("created_at", "id")
    return [WebhookEndpointRow(**record) for record in await found.values(*_ENDPOINT_COLUMNS)]


async def webhook_endpoints_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, WebhookEndpointRow]:
    """Return the endpoints with these ids, or none if the viewer is not an admin."""
    if not viewer.may(Action.ADMINISTER):
        return {}
    found = WebhookEndpoint.filter(organization_id=viewer.organization_id, id__in=list(ids))
    return {record["id"]: WebhookEndpointRow(**record) for record in await found.values(*_ENDPOINT_COLUMNS)}


async def webhook_deliveries(viewer: Viewer, endpoint_id: UUID, window: Window) -> Page[WebhookDeliveryRow]:
    """Return a page of an endpoint's deliveries, newest first. The caller has scoped the endpoint."""
    rows = WebhookDelivery.filter(organization_id=viewer.organization_id, endpoint_id=endpoint_id)
    return await page(
        lambda: rows,
        table=WebhookDelivery,
        order=NEWEST_FIRST,
        window=window,
        columns=_DELIVERY_COLUMNS,
        make=_delivery,
    )


async def webhook_deliveries_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, WebhookDeliveryRow]:
    """Return the deliveries with these ids, or none if the viewer is not an admin."""
    if not viewer.may(Action.ADMINISTER):
        return {}
    found = WebhookDelivery.filter(organization_id=viewer.organization_id, id__in=list(ids))
    return {record["id"]: _delivery(record) for record in await found.values(*_DELIVERY_COLUMNS)}


async def worker_lag(now: datetime) -> WorkerLag:
    """Measure the worker's backlog over all organizations; three statements."""
    with bypass_row_security():
        endpoints = await WebhookEndpoint.filter(active=True).count()
        return WorkerLag(
            endpoints,
            await _fetch_instant(OLDEST_UNRELAYED_EVENT),
            await _fetch_instant(OLDEST_DUE_DELIVERY, now),
        )


async def _fetch_instant(sql: str, *values: object) -> datetime | None:
    """Return the instant that a statement selects."""
    [row] = await fetch(sql, *values)
    # SQLite returns an aggregate of instants as text.
    return datetime.fromisoformat(row["at"]) if isinstance(row["at"], str) else row["at"]


def _delivery(record: Mapping[str, Any]) -> WebhookDeliveryRow:
    return WebhookDeliveryRow(**{**record, "status": DeliveryStatus(record["status"])})
