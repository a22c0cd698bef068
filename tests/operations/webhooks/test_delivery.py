"""Deliveries: leased by one worker at a time, retried by schedule, and endpoints that are disabled."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.support.organizations import NOW, TestOrganization
from workflow.models import Event, WebhookDelivery, WebhookEndpoint
from workflow.operations.accounts.accounts import create_account
from workflow.operations.webhooks.delivery import (
    LEASE_DURATION,
    MAX_ERROR_LENGTH,
    RETENTION,
    DeliveryOutcome,
    DueEndpoint,
    LeasedDelivery,
    delete_old_deliveries,
    due_endpoints,
    lease_deliveries,
    record_outcome,
    release_delivery,
)
from workflow.operations.webhooks.endpoints import (
    create_webhook_endpoint,
    redeliver_webhook,
    update_webhook_endpoint,
)
from workflow.operations.webhooks.relay import relay

REFUSED = DeliveryOutcome(500, "The receiver answered 500: it is down\x00 \ud800")


@pytest.fixture
async def due_endpoint(organization: TestOrganization) -> DueEndpoint:
    """Create an endpoint with ten due deliveries."""
    id = (
        await create_webhook_endpoint(
            organization.ctx, {"url": "https://x.example/", "event_types": ["account.*"]}
        )
    ).id
    for number in range(10):
        await create_account(organization.ctx, {"name": f"Account {number}"})
    await relay(NOW)
    return DueEndpoint(organization.id, id)


async def delivery_row(id: UUID) -> dict[str, object]:
    """Return a stored delivery."""
    return (await WebhookDelivery.filter(id=id).values())[0]


async def endpoint_row(due_endpoint: DueEndpoint) -> dict[str, object]:
    """Return the stored endpoint."""
    return (await WebhookEndpoint.filter(id=due_endpoint.endpoint_id).values())[0]


async def lease_one(due_endpoint: DueEndpoint, now: datetime = NOW) -> LeasedDelivery:
    """Lease one delivery."""
    return (await lease_deliveries(due_endpoint, now, 1))[0]


async def test_each_delivery_is_leased_once(due_endpoint: DueEndpoint) -> None:
    claimed = await asyncio.gather(*(lease_deliveries(due_endpoint, NOW, 3) for _ in range(8)))

    ids = [leased.id for batch in claimed for leased in batch]
    assert len(ids) == len(set(ids)) == 10
    assert due_endpoint not in await due_endpoints(NOW)


async def test_the_lease_of_a_dead_worker_expires(due_endpoint: DueEndpoint) -> None:
    dead = await lease_deliveries(due_endpoint, NOW, 10)

    assert await lease_deliveries(due_endpoint, NOW + LEASE_DURATION - timedelta(seconds=1), 10) == []
    taken = await lease_deliveries(due_endpoint, NOW + LEASE_DURATION, 10)

    assert {leased.id for leased in taken} == {leased.id for leased in dead}
    await record_outcome(dead[0], DeliveryOutcome(200), NOW + LEASE_DURATION)
    assert (await delivery_row(dead[0].id))["status"] == "PENDING"


async def test_unsent_deliveries_are_released(due_endpoint: DueEndpoint) -> None:
    for leased in await lease_deliveries(due_endpoint, NOW, 10):
        await release_delivery(leased)

    assert len(await lease_deliveries(due_endpoint, NOW, 10)) == 10


async def test_an_accepted_delivery_is_delivered(due_endpoint: DueEndpoint) -> None:
    leased = await lease_one(due_endpoint)

    await record_outcome(leased, DeliveryOutcome(204), NOW)

    row = await delivery_row(leased.id)
    assert (row["status"], row["attempts"], row["last_status_code"]) == ("DELIVERED", 1, 204)
    assert (row["delivered_at"], row["next_attempt_at"], row["leased_until"]) == (NOW, None, None)


async def test_a_refused_delivery_is_retried_and_fails_after_ten_attempts(due_endpoint: DueEndpoint) -> None:
    now = NOW
    leased = await lease_one(due_endpoint)
    waits = []
    for _ in range(9):
        await record_outcome(leased, REFUSED, now, jitter=lambda: 0.0)
        row = await delivery_row(leased.id)
        assert row["status"] == "FAILED" and isinstance(row["next_attempt_at"], datetime)
        waits.append((row["next_attempt_at"] - now).total_seconds())
        now = row["next_attempt_at"]
        assert leased.id not in {
            one.id for one in await lease_deliveries(due_endpoint, now - timedelta(seconds=1), 20)
        }
        await (
            WebhookDelivery.exclude(id=leased.id)
            .filter(endpoint_id=due_endpoint.endpoint_id)
            .update(next_attempt_at=None)
        )
        leased = await lease_one(due_endpoint, now)
    await record_outcome(leased, REFUSED, now)

    row = await delivery_row(leased.id)
    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert (row["status"], row["attempts"], row["next_attempt_at"]) == ("EXHAUSTED", 10, None)
    assert row["last_error"] == "The receiver answered 500: it is down\ufffd \ufffd"


async def test_at_most_a_kilobyte_of_an_answer_is_stored(due_endpoint: DueEndpoint) -> None:
    leased = await lease_one(due_endpoint)

    await record_outcome(leased, DeliveryOutcome(500, "x" * 5_000), NOW)

    assert len(str((await delivery_row(leased.id))["last_error"])) == MAX_ERROR_LENGTH


async def test_retry_after_is_respected(due_endpoint: DueEndpoint) -> None:
    leased = await lease_one(due_endpoint)

    await record_outcome(leased, DeliveryOutcome(429, "Slow down", retry_after=timedelta(hours=1)), NOW)

    assert (await delivery_row(leased.id))["next_attempt_at"] == NOW + timedelta(hours=1)


async def test_a_410_disables_the_endpoint(due_endpoint: DueEndpoint) -> None:
    first, second = await lease_deliveries(due_endpoint, NOW, 2)

    await record_outcome(first, DeliveryOutcome(410, "Gone", gone=True), NOW)
    await record_outcome(second, DeliveryOutcome(410, "Gone", gone=True), NOW)

    endpoint = await endpoint_row(due_endpoint)
    assert (endpoint["active"], (await delivery_row(first.id))["status"]) == (False, "EXHAUSTED")
    assert "410" in str(endpoint["disabled_reason"])
    events = await Event.filter(aggregateid=due_endpoint.endpoint_id, type="webhook.disabled").values(
        "payload", "actor_kind"
    )
    assert len(events) == 1 and events[0]["actor_kind"] == "SYSTEM"
    assert await lease_deliveries(due_endpoint, NOW, 10) == [] and due_endpoint not in await due_endpoints(
        NOW
    )


async def test_five_days_of_failures_disable_the_endpoint(due_endpoint: DueEndpoint) -> None:
    for days, active in ((0, True), (4.9, True), (5, False)):
        leased = await lease_one(due_endpoint, NOW + timedelta(days=days))
        await record_outcome(leased, REFUSED, NOW + timedelta(days=days))

        assert (await endpoint_row(due_endpoint))["active"] is active

    assert "5 days" in str((await endpoint_row(due_endpoint))["disabled_reason"])


async def test_one_successful_delivery_resets_the_failure_period(due_endpoint: DueEndpoint) -> None:
    for days, outcome in ((0, REFUSED), (4, DeliveryOutcome(200)), (6, REFUSED), (10, REFUSED)):
        await record_outcome(
            await lease_one(due_endpoint, NOW + timedelta(days=days)), outcome, NOW + timedelta(days=days)
        )

    assert (await endpoint_row(due_endpoint))["active"] is True


async def test_a_reactivated_endpoint_gets_its_waiting_deliveries(
    organization: TestOrganization, due_endpoint: DueEndpoint
) -> None:
    await record_outcome(await lease_one(due_endpoint), DeliveryOutcome(410, "Gone", gone=True), NOW)

    await update_webhook_endpoint(organization.ctx, due_endpoint.endpoint_id, {"active": True}, rotate=False)

    endpoint = await endpoint_row(due_endpoint)
    assert (endpoint["disabled_reason"], endpoint["failing_since"]) == (None, None)
    assert len(await lease_deliveries(due_endpoint, NOW, 10)) == 9


async def test_one_delivery_can_be_redelivered(
    organization: TestOrganization, due_endpoint: DueEndpoint
) -> None:
    leased = await lease_one(due_endpoint)
    await record_outcome(leased, DeliveryOutcome(200), NOW)

    await redeliver_webhook(organization.ctx, leased.id)

    assert leased.id in {again.id for again in await lease_deliveries(due_endpoint, NOW, 10)}


async def test_deliveries_are_deleted_after_a_month(due_endpoint: DueEndpoint) -> None:
    leased = await lease_one(due_endpoint)
    await record_outcome(leased, DeliveryOutcome(200), NOW)

    young = await delete_old_deliveries(NOW + RETENTION)
    old = await delete_old_deliveries(NOW + RETENTION + timedelta(seconds=1))

    assert young == 0 and old >= 1
    assert await WebhookDelivery.filter(endpoint_id=due_endpoint.endpoint_id).count() == 9
