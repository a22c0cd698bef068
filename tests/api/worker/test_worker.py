"""The worker as a process of its own: it shares the work, stops cleanly, and loses nothing when it is killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from tests.support.counts import count
from tests.support.serving import pursuit, serving, worker
from tests.support.webhooks.receiver import HANG, OK, receiving
from tests.support.webhooks.worker import Office, deliveries, hurry, office, settled
from workflow.models import Event, WebhookDelivery
from workflow.models.engine.database import dialect

KILLS = count(100, part=20)
FACTS_A_KILL = 20


@pytest.fixture
async def at(own_database: str) -> AsyncIterator[Office]:
    """Where facts are told and sent from."""
    async with office(own_database) as opened:
        yield opened


async def test_it_sends_and_stops_when_it_is_told_to(at: Office, own_database: str) -> None:
    logs: list[str] = []
    async with receiving() as receiver:
        kept = await at.endpoint(f"{receiver.url}&password=hunter2")
        async with worker(own_database, logs) as process:
            await at.tell(3)
            await receiver.until(3)
            await settled(3, status="DELIVERED")

    assert "hunter2" not in logs[0]
    assert kept.secret and all(sent.verified(kept.secret) for sent in receiver.got)
    assert process.returncode == 0


async def test_stopped_in_the_middle_it_gives_back_what_it_was_sending(at: Office, own_database: str) -> None:
    async with receiving(lambda sent: HANG) as receiver:
        await at.endpoint(receiver.url)
        async with worker(own_database) as process:
            await at.tell(3)
            await receiver.until(3)

    assert process.returncode == 0
    assert {(row["lease"], row["status"]) for row in await deliveries()} == {(None, "PENDING")}


async def test_killed_again_and_again_in_the_middle_it_loses_nothing(at: Office, own_database: str) -> None:
    async with receiving(lambda sent: OK) as receiver, AsyncExitStack() as others:
        receiver.slow = 0.05
        await at.endpoint(receiver.url)
        if dialect() == "postgres":
            await others.enter_async_context(worker(own_database))
        for _ in range(KILLS):
            async with worker(own_database) as process:
                await at.tell(FACTS_A_KILL)
                await receiver.until(len(receiver.got) + 3)
                process.kill()
                await process.wait()
            await WebhookDelivery.exclude(lease=None).update(leased_until=datetime.now(UTC))
        async with worker(own_database):
            while await deliveries(status__not="DELIVERED"):
                await hurry()
                await asyncio.sleep(0.05)

    committed = {f"msg_{row['id'].hex}" for row in await Event.filter(type="account.created").values("id")}
    got = [sent.headers["webhook-id"] for sent in receiver.got]
    assert set(got) == committed and len(committed) == KILLS * FACTS_A_KILL
    assert len(got) > len(committed)


async def test_beside_what_serves_it_works_on_postgres_and_is_refused_on_a_sqlite_file(own_database: str) -> None:
    async with serving(own_database):
        if dialect() == "postgres":
            async with worker(own_database) as beside:
                assert beside.returncode is None
        else:
            refused = await pursuit("worker", environ={"PURSUIT_DATABASE_URL": own_database})
            assert (refused.code, "Another process already serves" in refused.err) == (1, True)


async def test_the_doctor_tells_who_waits_for_a_worker(at: Office, own_database: str) -> None:
    await at.endpoint("http://127.0.0.1:9/")
    await at.tell(1)

    behind = await pursuit("doctor", environ={"PURSUIT_DATABASE_URL": own_database})

    assert behind.code == 1
    assert "FAULT worker: 1 active webhook endpoint; the oldest event or delivery has waited for" in behind.out
    assert "Run `pursuit worker`" in behind.out


@pytest.mark.parametrize("command", ["worker", "serve"])
async def test_postgres_is_not_served_without_a_key(own_database: str, command: str) -> None:
    environ = {"PURSUIT_DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "PURSUIT_SECRET_KEY": ""}

    ended = await pursuit(command, environ=environ)

    assert ended.code == 1 and "PURSUIT_SECRET_KEY is not set" in ended.err
    assert "openssl rand -base64 32" in ended.err
