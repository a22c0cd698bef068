"""The relay: each event becomes one delivery per subscribed endpoint, even if several processes relay."""

import asyncio
from datetime import timedelta
from uuid import UUID

from tests.support.organizations import NOW, TestOrganization
from workflow.models import Event, WebhookDelivery, WebhookEndpoint
from workflow.models.engine.database import dialect, transaction
from workflow.operations.accounts.accounts import create_account
from workflow.operations.webhooks import relay as relaying
from workflow.operations.webhooks.endpoints import (
    create_webhook_endpoint,
    redeliver_since,
    update_webhook_endpoint,
)
from workflow.operations.webhooks.relay import relay

URL = "https://hooks.example.com/"


async def endpoint(organization: TestOrganization, *types: str) -> UUID:
    """Create an endpoint for some types of events."""
    return (await create_webhook_endpoint(organization.ctx, {"url": URL, "event_types": types})).id


async def delivered_types(id: UUID) -> list[str]:
    """Return the types of an endpoint's deliveries, in the order of the feed."""
    ids = [row["event_id"] for row in await WebhookDelivery.filter(endpoint_id=id).values("event_id")]
    return [row["type"] for row in await Event.filter(id__in=ids).order_by("xid", "pos").values("type")]


async def create_accounts(organization: TestOrganization, count: int) -> None:
    """Record a number of events."""
    for number in range(count):
        await create_account(organization.ctx, {"name": f"Account {number}"})


async def test_an_endpoint_gets_matching_events_from_its_creation_on(organization: TestOrganization) -> None:
    await create_accounts(organization, 1)
    all_of_it = await endpoint(organization)
    some = await endpoint(organization, "account.*", "risk.raised")
    await create_accounts(organization, 2)

    await relay(NOW)

    assert await delivered_types(all_of_it) == [
        "webhook.created",
        "webhook.created",
        "account.created",
        "account.created",
    ]
    assert await delivered_types(some) == ["account.created", "account.created"]


async def test_repeated_or_concurrent_relays_create_each_delivery_once(
    organization: TestOrganization,
) -> None:
    id = await endpoint(organization, "account.*")
    await create_accounts(organization, 20)

    await asyncio.gather(*(relay(NOW) for _ in range(8)))
    made = await relay(NOW)

    assert (len(await delivered_types(id)), made) == (20, 0)


async def test_many_events_are_relayed_in_batches(organization: TestOrganization) -> None:
    id = await endpoint(organization, "account.*")
    before = relaying.BATCH_SIZE
    relaying.BATCH_SIZE = 3
    try:
        await create_accounts(organization, 10)
        await relay(NOW)
    finally:
        relaying.BATCH_SIZE = before

    assert len(await delivered_types(id)) == 10


async def test_a_late_commit_is_not_skipped(organization: TestOrganization) -> None:
    id = await endpoint(organization, "account.*")
    begun = asyncio.Event()
    go_on = asyncio.Event()

    async def late() -> None:
        await create_account(organization.ctx, {"name": "Late"})
        begun.set()
        await go_on.wait()

    slow = asyncio.create_task(transaction(late))
    if dialect() == "postgres":  # SQLite has one writer, and nobody can be late there
        await begun.wait()
        await create_accounts(organization, 1)
        await relay(NOW)
    go_on.set()
    await slow
    await relay(NOW)

    assert await delivered_types(id) == ["account.created"] * (2 if dialect() == "postgres" else 1)


async def test_events_missed_while_disabled_can_be_redelivered(
    organization: TestOrganization,
) -> None:
    id = await endpoint(organization, "account.*")
    await update_webhook_endpoint(organization.ctx, id, {"active": False}, rotate=False)
    await create_accounts(organization, 2)
    await relay(NOW)
    await update_webhook_endpoint(organization.ctx, id, {"active": True}, rotate=False)
    await create_accounts(organization, 1)
    await relay(NOW)
    since_then = len(await delivered_types(id))

    await redeliver_since(organization.ctx, id, NOW)
    await relay(NOW)

    assert (since_then, len(await delivered_types(id))) == (1, 3)


async def test_all_events_since_a_time_are_redelivered(organization: TestOrganization) -> None:
    id = await endpoint(organization, "account.*")
    await create_accounts(organization, 3)
    await relay(NOW)
    done = {"status": "DELIVERED", "attempts": 2, "next_attempt_at": None, "delivered_at": NOW}
    await WebhookDelivery.filter(endpoint_id=id).update(**done)
    await redeliver_since(organization.ctx, id, NOW + timedelta(days=1))
    await relay(NOW)
    untouched = await WebhookDelivery.filter(endpoint_id=id, status="DELIVERED").count()

    await redeliver_since(organization.ctx, id, NOW)
    await relay(NOW)

    kept = await WebhookDelivery.filter(endpoint_id=id).values("status", "attempts", "next_attempt_at")
    assert untouched == 3
    assert kept == [{"status": "PENDING", "attempts": 0, "next_attempt_at": NOW}] * 3


async def test_the_feed_position_advances_past_unwanted_events(organization: TestOrganization) -> None:
    id = await endpoint(organization, "risk.*")
    before = (await WebhookEndpoint.filter(id=id).values("pos"))[0]["pos"]
    await create_accounts(organization, 2)

    await relay(NOW)

    assert (await WebhookEndpoint.filter(id=id).values("pos"))[0]["pos"] > before
