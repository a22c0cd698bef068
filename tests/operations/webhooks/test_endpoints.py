"""Webhook endpoints: created, updated and deleted, with rotated and encrypted secrets."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.support.organizations import NOW, VAULT, TestOrganization, new_organization
from workflow.models import Event, WebhookDelivery, WebhookEndpoint
from workflow.operations.core.vault import NoSecretKeyError, Vault
from workflow.operations.webhooks.endpoints import (
    MAX_ENDPOINTS,
    create_webhook_endpoint,
    delete_webhook_endpoint,
    redeliver_since,
    redeliver_webhook,
    update_webhook_endpoint,
)
from workflow.rules.enums import Role
from workflow.rules.errors import InvalidInputError, NotFoundError, PermissionDeniedError

URL = "https://hooks.example.com/services/T0/B0/password"


async def test_the_secret_of_a_new_endpoint_is_returned_once(organization: TestOrganization) -> None:
    kept = await create_webhook_endpoint(organization.ctx, {"url": URL, "event_types": ["risk.*", "risk.*"]})

    [row] = await WebhookEndpoint.filter(id=kept.id).values()
    assert kept.secret and kept.secret.startswith("whsec_")
    assert kept.secret not in str(row) and VAULT.decrypt(row["secret"]) == kept.secret
    assert (row["url"], row["event_types"], row["active"]) == (URL, ["risk.*"], True)


async def test_endpoint_events_omit_secrets_in_the_url(
    organization: TestOrganization,
) -> None:
    ctx = organization.ctx
    kept = await create_webhook_endpoint(ctx, {"url": URL})
    await update_webhook_endpoint(ctx, kept.id, {"url": URL + "2", "active": False}, rotate=True)
    await delete_webhook_endpoint(ctx, kept.id)

    events = await Event.filter(aggregateid=kept.id).order_by("pos").values("type", "payload", "audit_number")
    assert [one["type"] for one in events] == ["webhook.created", "webhook.updated", "webhook.deleted"]
    assert "password" not in str(events) and all(one["audit_number"] for one in events)
    assert events[1]["payload"]["changes"] == {
        "url": {"old": "https://hooks.example.com", "new": "https://hooks.example.com"},
        "active": {"old": True, "new": False},
        "secret": {"old": None, "new": "rotated"},
    }


async def test_an_unchanged_endpoint_writes_nothing(organization: TestOrganization) -> None:
    kept = await create_webhook_endpoint(organization.ctx, {"url": URL})

    same = await update_webhook_endpoint(
        organization.ctx, kept.id, {"url": URL, "active": True}, rotate=False
    )

    assert (same.id, same.secret) == (kept.id, None)
    assert await Event.filter(aggregateid=kept.id).count() == 1


async def test_a_rotated_secret_stays_valid_for_a_day(organization: TestOrganization) -> None:
    first = await create_webhook_endpoint(organization.ctx, {"url": URL})

    second = await update_webhook_endpoint(organization.ctx, first.id, {}, rotate=True)

    [row] = await WebhookEndpoint.filter(id=first.id).values()
    assert (VAULT.decrypt(row["secret"]), VAULT.decrypt(row["secret_before"])) == (
        second.secret,
        first.secret,
    )
    assert row["secret_before_until"] == NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "http://example.com/"}, "url"),
        ({"url": None}, "url"),
        ({"active": None}, "active"),
        ({"event_types": None}, "eventTypes"),
        ({"event_types": ["deal.*"]}, "eventTypes"),
        ({"event_types": ["risk.*"] + [f"risk.{number}" for number in range(60)]}, "eventTypes"),
    ],
)
async def test_invalid_endpoint_changes_are_refused(
    organization: TestOrganization, given: dict[str, object], path: str
) -> None:
    kept = await create_webhook_endpoint(organization.ctx, {"url": URL})

    with pytest.raises(InvalidInputError) as refused:
        await update_webhook_endpoint(organization.ctx, kept.id, given, rotate=False)  # type: ignore[arg-type]

    assert refused.value.fields[0].path == (path,)


async def test_the_number_of_endpoints_is_limited(organization: TestOrganization) -> None:
    for _ in range(MAX_ENDPOINTS):
        await create_webhook_endpoint(organization.ctx, {"url": URL})

    with pytest.raises(InvalidInputError, match="20 endpoints"):
        await create_webhook_endpoint(organization.ctx, {"url": URL})


async def test_only_admins_manage_endpoints_of_their_organization(organization: TestOrganization) -> None:
    kept = await create_webhook_endpoint(organization.ctx, {"url": URL})
    manager = await organization.ctx_of(Role.MANAGER)
    stranger = (await new_organization()).ctx

    with pytest.raises(PermissionDeniedError):
        await create_webhook_endpoint(manager, {"url": URL})
    with pytest.raises(PermissionDeniedError):
        await delete_webhook_endpoint(manager, kept.id)
    with pytest.raises(NotFoundError):
        await update_webhook_endpoint(stranger, kept.id, {"active": False}, rotate=True)
    with pytest.raises(NotFoundError):
        await redeliver_since(stranger, kept.id, NOW)
    with pytest.raises(NotFoundError):
        await redeliver_webhook(organization.ctx, uuid4())
    assert await WebhookDelivery.filter(endpoint_id=kept.id).count() == 0


async def test_a_disabled_endpoint_cannot_be_redelivered_to(organization: TestOrganization) -> None:
    kept = await create_webhook_endpoint(organization.ctx, {"url": URL})
    await update_webhook_endpoint(organization.ctx, kept.id, {"active": False}, rotate=False)

    with pytest.raises(InvalidInputError, match="This endpoint is inactive"):
        await redeliver_since(organization.ctx, kept.id, NOW)

    [row] = await WebhookEndpoint.filter(id=kept.id).values("disabled_reason")
    assert row["disabled_reason"] == "Switched off by Ada Admin."


async def test_endpoints_need_a_secret_key(organization: TestOrganization) -> None:
    with pytest.raises(NoSecretKeyError):
        await create_webhook_endpoint(replace(organization.ctx, vault=Vault()), {"url": URL})

    assert await WebhookEndpoint.filter(organization_id=organization.id).count() == 0
