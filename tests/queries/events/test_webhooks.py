"""Reads of webhook endpoints and deliveries, and the worker's backlog."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.organizations import NOW, TestOrganization, new_organization
from workflow.models import WebhookDelivery, WebhookEndpoint
from workflow.models.columns import new_id
from workflow.models.engine.database import open_database
from workflow.operations.accounts.accounts import create_account
from workflow.queries.events.webhooks import (
    webhook_deliveries,
    webhook_deliveries_by_id,
    webhook_endpoints,
    webhook_endpoints_by_id,
    worker_lag,
)
from workflow.queries.paging import Window
from workflow.rules.enums import DeliveryStatus, Role
from workflow.rules.errors import PermissionDeniedError

MINUTE = timedelta(minutes=1)


async def insert_endpoint(organization: TestOrganization, *, active: bool = True, minute: int = 0) -> UUID:
    """An endpoint at the beginning of the feed."""
    id = new_id()
    await WebhookEndpoint.create(
        id=id, organization_id=organization.id, url=f"https://{minute}.example", event_types=["*"],
        secret="sealed", active=active, created_at=NOW + minute * MINUTE, epoch=0, xid=0, pos=0,
    )  # fmt: skip
    return id


async def insert_delivery(organization: TestOrganization, endpoint: UUID, **columns: object) -> UUID:
    """A pending delivery."""
    row = {
        "id": new_id(),
        "organization_id": organization.id,
        "endpoint_id": endpoint,
        "event_id": new_id(),
        "status": "PENDING",
        "attempts": 0,
        "created_at": NOW,
        **columns,
    }
    await WebhookDelivery.bulk_create([WebhookDelivery(**row)])
    return UUID(str(row["id"]))


async def test_endpoints_are_listed_in_the_order_of_their_creation_without_secrets(
    organization: TestOrganization,
) -> None:
    second = await insert_endpoint(organization, minute=1)
    first = await insert_endpoint(organization)

    found = await webhook_endpoints(organization.ctx.viewer)

    assert [row.id for row in found] == [first, second]
    assert not any("secret" in name for name in type(found[0]).__dataclass_fields__)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.REP, Role.OBSERVER])
async def test_only_admins_read_endpoints_and_deliveries(organization: TestOrganization, role: Role) -> None:
    endpoint = await insert_endpoint(organization)
    delivery = await insert_delivery(organization, endpoint)
    viewer = (await organization.ctx_of(role, "other@example.com")).viewer

    with pytest.raises(PermissionDeniedError, match="see webhook endpoints"):
        await webhook_endpoints(viewer)
    assert await webhook_endpoints_by_id(viewer, [endpoint]) == {}
    assert await webhook_deliveries_by_id(viewer, [delivery]) == {}
    assert set(await webhook_deliveries_by_id(organization.ctx.viewer, [delivery])) == {delivery}


async def test_deliveries_are_listed_newest_first(organization: TestOrganization) -> None:
    endpoint = await insert_endpoint(organization)
    older = await insert_delivery(organization, endpoint)
    newer = await insert_delivery(organization, endpoint, created_at=NOW + MINUTE, status="EXHAUSTED")
    await insert_delivery(organization, await insert_endpoint(organization, minute=1))

    page = await webhook_deliveries(organization.ctx.viewer, endpoint, Window(9))

    assert [(row.id, row.status) for row in page.rows] == [
        (newer, DeliveryStatus.EXHAUSTED),
        (older, DeliveryStatus.PENDING),
    ]


async def test_the_backlog_is_the_oldest_waiting_event_and_delivery_of_active_endpoints(
    own_database: str,
) -> None:
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()
        nothing = await worker_lag(NOW)
        endpoint = await insert_endpoint(organization)
        inactive = await insert_endpoint(organization, active=False, minute=1)
        await create_account(organization.ctx, {"name": "Acme"})
        await insert_delivery(organization, inactive, next_attempt_at=NOW - 9 * MINUTE)
        await insert_delivery(
            organization,
            endpoint,
            next_attempt_at=NOW - 5 * MINUTE,
            lease=new_id(),
            leased_until=NOW + MINUTE,
        )
        await insert_delivery(organization, endpoint, next_attempt_at=NOW + MINUTE)
        waiting = await worker_lag(NOW)
        await insert_delivery(organization, endpoint, next_attempt_at=NOW - 2 * MINUTE)
        due = await worker_lag(NOW)

    assert (nothing.endpoints, nothing.event_at, nothing.delivery_at) == (0, None, None)
    assert (waiting.endpoints, waiting.event_at, waiting.delivery_at) == (1, NOW, None)
    assert due.delivery_at == NOW - 2 * MINUTE
