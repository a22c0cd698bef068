"""Fixtures beside deals and people: webhook endpoints, targets and alerts."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from schema.core.ids import decode, encode
from tests.support.organizations import TestOrganization
from workflow.models import Alert, WebhookDelivery
from workflow.operations.alerts.sweep import SweepResult, sweep_organization
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.pricing.targets import NewTarget, set_target
from workflow.operations.webhooks.endpoints import create_webhook_endpoint, update_webhook_endpoint
from workflow.operations.webhooks.relay import relay


async def create_webhooks(organization: TestOrganization) -> dict[str, str]:
    """Create an endpoint with its first delivery, and an inactive one."""
    ctx = organization.ctx
    on, off = [
        await create_webhook_endpoint(
            ctx, {"url": f"https://{name}.example.com/", "event_types": ["webhook.*"]}
        )
        for name in ("on", "off")
    ]
    await update_webhook_endpoint(ctx, off.id, {"active": False}, rotate=False)
    await relay(ctx.now)
    sent = await WebhookDelivery.filter(endpoint_id=on.id).order_by("id").values("id")
    return {
        "webhookEndpoint": encode("WebhookEndpoint", on.id),
        "webhookOff": encode("WebhookEndpoint", off.id),
        "webhookDelivery": encode("WebhookDelivery", sent[0]["id"]),
    }


async def create_target(organization: TestOrganization, member_id: UUID) -> dict[str, str]:
    """Create a member's target for this month."""
    value = MoneyAmount(Decimal(1_000), "EUR")
    month = NewTarget(member_id, None, date(2026, 3, 1), date(2026, 3, 31), value)
    return {"target": encode("Target", await set_target(organization.ctx, month))}


async def open_alert(organization: TestOrganization, deal: str) -> dict[str, str]:
    """Create an open alert of a deal, as a sweep opens it."""
    await sweep_organization(organization.ctx, SweepResult())
    found = decode(deal)
    assert found is not None
    [row] = (
        await Alert.filter(opportunity_id=found[1], status="OPEN")
        .order_by("code", "id")
        .limit(1)
        .values("id")
    )
    return {"alert": encode("Alert", row["id"])}
