"""Webhook endpoints and their deliveries as plain rows, for admins alone, and never with their secrets; one statement each."""

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
OLDEST_UNRELAYED_EVENT = """SELECT MIN(event.at) AS at FROM webhook_endpoint e JOIN event ON event.organization_id = e.organization_id
    AND (event.xid, event.pos) > (e.xid, e.pos) WHERE e.active"""
OLDEST_DUE_DELIVERY = """SELECT MIN(d.next_attempt_at) AS at FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id
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
    """What became of one fact on its way to one endpoint."""

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
    """How far the worker is behind: active endpoints of all, and since when the oldest fact and the oldest delivery wait for it."""

    endpoints: int
    event_at: datetime | None
    delivery_at: datetime | None


_ENDPOINT_COLUMNS = tuple(WebhookEndpointRow.__dataclass_fields__)
_DELIVERY_COLUMNS = tuple(WebhookDeliveryRow.__dataclass_fields__)


async def webhook_endpoints(viewer: Viewer) -> list[WebhookEndpointRow]:
    """All endpoints in the order they were made; PermissionDenied for who is no admin."""
    require_permission(viewer, Action.ADMINISTER, to="see webhook endpoints")
    found = WebhookEndpoint.filter(organization_id=viewer.organization_id).order_by("created_at", "id")
    return [WebhookEndpointRow(**record) for record in await found.values(*_ENDPOINT_COLUMNS)]


async def webhook_endpoints_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, WebhookEndpointRow]:
    """Endpoints by id; none for who is no admin."""
    if not viewer.may(Action.ADMINISTER):
        return {}
    found = WebhookEndpoint.filter(organization_id=viewer.organization_id, id__in=list(ids))
    return {record["id"]: WebhookEndpointRow(**record) for record in await found.values(*_ENDPOINT_COLUMNS)}


async def webhook_deliveries(viewer: Viewer, endpoint_id: UUID, window: Window) -> Page[WebhookDeliveryRow]:
    """A page of an endpoint's deliveries, newest first; the caller has scoped the endpoint."""
    rows = WebhookDelivery.filter(organization_id=viewer.organization_id, endpoint_id=endpoint_id)
    return await page(rows, order=NEWEST_FIRST, window=window, columns=_DELIVERY_COLUMNS, make=_delivery)


async def webhook_deliveries_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, WebhookDeliveryRow]:
    """Deliveries by id; none for who is no admin."""
    if not viewer.may(Action.ADMINISTER):
        return {}
    found = WebhookDelivery.filter(organization_id=viewer.organization_id, id__in=list(ids))
    return {record["id"]: _delivery(record) for record in await found.values(*_DELIVERY_COLUMNS)}


async def worker_lag(now: datetime) -> WorkerLag:
    """How far behind the worker is, over all organizations; three statements."""
    with bypass_row_security():
        endpoints = await WebhookEndpoint.filter(active=True).count()
        return WorkerLag(
            endpoints, await _fetch_instant(OLDEST_UNRELAYED_EVENT), await _fetch_instant(OLDEST_DUE_DELIVERY, now)
        )


async def _fetch_instant(sql: str, *values: object) -> datetime | None:
    """The one instant of a statement; SQLite gives it as text."""
    [row] = await fetch(sql, *values)
    return datetime.fromisoformat(row["at"]) if isinstance(row["at"], str) else row["at"]


def _delivery(record: Mapping[str, Any]) -> WebhookDeliveryRow:
    return WebhookDeliveryRow(**{**record, "status": DeliveryStatus(record["status"])})
