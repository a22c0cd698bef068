"""The worker as a process of its own: it shares the work, stops cleanly, and loses nothing when killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from tests.support.counts import count
from tests.support.serving import pursuit, serving, worker
from tests.support.webhooks.receiver import NO_ANSWER, OK, running_receiver
from tests.support.webhooks.worker import (
    WebhookOrganization,
    deliveries,
    make_retries_due,
    wait_for_deliveries,
    webhook_organization,
)
from workflow.models import Event, WebhookDelivery
from workflow.models.engine.database import dialect

KILLS = count(100, part=20)
EVENTS_PER_KILL = 20


@pytest.fixture
async def webhooks(own_database: str) -> AsyncIterator[WebhookOrganization]:
    """Yield an organization with webhooks."""
    async with webhook_organization(own_database) as opened:
        yield opened


async def test_a_worker_sends_deliveries_and_stops_on_a_signal(
    webhooks: WebhookOrganization, own_database: str
) -> None:
    logs: list[str] = []
    async with running_receiver() as receiver:
        endpoint = await webhooks.endpoint(f"{receiver.url}&password=hunter2")
        async with worker(own_database, logs) as process:
            await webhooks.create_accounts(3)
            await receiver.wait_for(3)
            await wait_for_deliveries(3, status="DELIVERED")

    assert "hunter2" not in logs[0]
    assert endpoint.secret and all(sent.verified(endpoint.secret) for sent in receiver.requests)
    assert process.returncode == 0


async def test_a_stopped_worker_releases_its_deliveries(
    webhooks: WebhookOrganization, own_database: str
) -> None:
    async with running_receiver(lambda sent: NO_ANSWER) as receiver:
        await webhooks.endpoint(receiver.url)
        async with worker(own_database) as process:
            await webhooks.create_accounts(3)
            await receiver.wait_for(3)

    assert process.returncode == 0
    assert {(row["lease"], row["status"]) for row in await deliveries()} == {(None, "PENDING")}


async def test_a_worker_killed_repeatedly_loses_nothing(
    webhooks: WebhookOrganization, own_database: str
) -> None:
    async with running_receiver(lambda sent: OK) as receiver, AsyncExitStack() as others:
        receiver.delay = 0.05
        await webhooks.endpoint(receiver.url)
        if dialect() == "postgres":
            await others.enter_async_context(worker(own_database))
        for _ in range(KILLS):
            async with worker(own_database) as process:
                await webhooks.create_accounts(EVENTS_PER_KILL)
                await receiver.wait_for(len(receiver.requests) + 3)
                process.kill()
                await process.wait()
            await WebhookDelivery.exclude(lease=None).update(leased_until=datetime.now(UTC))
        async with worker(own_database):
            while await deliveries(status__not="DELIVERED"):
                await make_retries_due()
                await asyncio.sleep(0.05)

    committed = {f"msg_{row['id'].hex}" for row in await Event.filter(type="account.created").values("id")}
    got = [sent.headers["webhook-id"] for sent in receiver.requests]
    assert set(got) == committed and len(committed) == KILLS * EVENTS_PER_KILL
    assert len(got) > len(committed)


async def test_a_worker_beside_a_server_works_on_postgres_and_is_refused_on_sqlite(own_database: str) -> None:
    async with serving(own_database):
        if dialect() == "postgres":
            async with worker(own_database) as beside:
                assert beside.returncode is None
        else:
            refused = await pursuit("worker", environ={"PURSUIT_DATABASE_URL": own_database})
            assert (refused.code, "Another process already serves" in refused.err) == (1, True)


async def test_doctor_reports_deliveries_that_wait_for_a_worker(
    webhooks: WebhookOrganization, own_database: str
) -> None:
    await webhooks.endpoint("http://127.0.0.1:9/")
    await webhooks.create_accounts(1)

    behind = await pursuit("doctor", environ={"PURSUIT_DATABASE_URL": own_database})

    assert behind.code == 1
    assert "FAULT worker: 1 active webhook endpoint; the oldest event or delivery has waited" in behind.out
    assert "Run `pursuit worker`" in behind.out


@pytest.mark.parametrize("command", ["worker", "serve"])
async def test_serving_postgres_requires_a_secret_key(own_database: str, command: str) -> None:
    environ = {"PURSUIT_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "PURSUIT_SECRET_KEY": ""}

    ended = await pursuit(command, environ=environ)

    assert ended.code == 1 and "PURSUIT_SECRET_KEY is not set" in ended.err
    assert "openssl rand -base64 32" in ended.err
