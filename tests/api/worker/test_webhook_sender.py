"""Webhooks at the receiver: signed, and repeated with the same id after a failure."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from api.worker.webhook_sender import MAX_BODY_BYTES, MAX_ERROR_BYTES, delivery_outcome
from schema.core.ids import encode
from tests.support.counts import count
from tests.support.organizations import NOW
from tests.support.webhooks.receiver import (
    DISCONNECT,
    NO_ANSWER,
    OK,
    ReceivedRequest,
    http_response,
    running_receiver,
)
from tests.support.webhooks.worker import (
    WebhookOrganization,
    deliveries,
    make_retries_due,
    wait_for_deliveries,
    webhook_organization,
)
from workflow.models import Event, WebhookEndpoint
from workflow.operations.webhooks.endpoints import update_webhook_endpoint

EVENTS = count(500)


@pytest.fixture
async def webhooks(own_database: str) -> AsyncIterator[WebhookOrganization]:
    """Yield an organization with webhooks."""
    async with webhook_organization(own_database) as opened:
        yield opened


async def test_a_receiver_gets_events_with_ids_of_the_api(webhooks: WebhookOrganization) -> None:
    async with running_receiver() as receiver, webhooks.running_worker():
        endpoint = await webhooks.endpoint(receiver.url)
        [account] = await webhooks.create_accounts(1)
        await receiver.wait_for(1)

    assert endpoint.secret is not None
    message = receiver.requests[0].verified(endpoint.secret)
    [event] = await Event.filter(aggregateid=account).values("id", "at")
    assert (message["type"], message["timestamp"]) == ("account.created", NOW.isoformat())
    data = message["data"]
    assert isinstance(data, dict)
    assert (data["id"], data["accountId"]) == (encode("Event", event["id"]), encode("Account", account))
    assert data["changes"]["name"] == {"old": None, "new": "Account 0"}
    assert (receiver.requests[0].path, receiver.requests[0].headers["host"]) == (
        "/hook?of=test",
        f"127.0.0.1:{receiver.port}",
    )


async def test_a_misbehaving_receiver_gets_every_event_and_retries_keep_their_id(
    webhooks: WebhookOrganization,
) -> None:
    rng = random.Random(7)
    met = Counter[str]()

    def moody(sent: ReceivedRequest) -> bytes:
        met[sent.headers["webhook-id"]] += 1
        return rng.choices(
            [
                OK,
                http_response(500, text="down"),
                http_response(429, "Retry-After: 1"),
                DISCONNECT,
                NO_ANSWER,
                http_response(302, "Location: /"),
            ],
            [70, 15, 5, 4, 2, 4],
        )[0]

    async with running_receiver(moody) as receiver, webhooks.running_worker(seconds=0.5):
        endpoint = await webhooks.endpoint(receiver.url)
        for _ in range(EVENTS // 10):
            await webhooks.create_accounts(10)
            await make_retries_due()
        while await deliveries(status__not="DELIVERED"):
            await make_retries_due()
            await asyncio.sleep(0.05)

    assert endpoint.secret is not None
    committed = {f"msg_{row['id'].hex}" for row in await Event.filter(type="account.created").values("id")}
    for sent in receiver.requests:
        sent.verified(endpoint.secret)
    assert set(met) == committed and len(committed) == EVENTS
    again = Counter(row["attempts"] for row in await deliveries())
    assert sum(tries * times for tries, times in again.items()) == sum(met.values()) > EVENTS


async def test_a_hanging_receiver_delays_no_other(webhooks: WebhookOrganization) -> None:
    async with (
        running_receiver(lambda sent: NO_ANSWER) as slow,
        running_receiver() as quick,
        webhooks.running_worker(),
    ):
        await webhooks.endpoint(slow.url)
        await webhooks.endpoint(quick.url)
        await webhooks.create_accounts(30)
        await quick.wait_for(30)
        await wait_for_deliveries(30, status="DELIVERED")

        assert 0 < len(slow.requests) < 30
        assert {row["status"] for row in await deliveries()} == {"DELIVERED", "PENDING"}


async def test_redirects_are_not_followed(webhooks: WebhookOrganization) -> None:
    async with running_receiver() as inside, webhooks.running_worker():
        async with running_receiver(lambda sent: http_response(307, f"Location: {inside.url}")) as receiver:
            await webhooks.endpoint(receiver.url)
            await webhooks.create_accounts(1)
            await wait_for_deliveries(1, status="FAILED")

        [row] = await deliveries()
        assert (row["last_status_code"], len(inside.requests)) == (307, 0)
        assert "Redirects are not followed" in row["last_error"]


async def test_at_most_a_kilobyte_of_an_answer_is_read(webhooks: WebhookOrganization) -> None:
    endless = b"HTTP/1.1 500 So\r\nContent-Type: text/plain\r\n\r\n" + b"no " * 200_000

    async with running_receiver(lambda sent: endless) as receiver, webhooks.running_worker():
        await webhooks.endpoint(receiver.url)
        await webhooks.create_accounts(1)
        await wait_for_deliveries(1, status="FAILED")

    [row] = await deliveries()
    assert MAX_ERROR_BYTES - 100 < len(row["last_error"]) <= MAX_ERROR_BYTES


async def test_a_receiver_that_does_not_answer_is_retried(webhooks: WebhookOrganization) -> None:
    async with running_receiver() as receiver:
        url = receiver.url
    async with webhooks.running_worker():
        await webhooks.endpoint(url)
        await webhooks.create_accounts(1)
        await wait_for_deliveries(1, status="FAILED")

    [row] = await deliveries()
    assert row["last_status_code"] is None and "could not be reached" in row["last_error"]


async def test_while_a_secret_is_rotated_each_message_has_both_signatures(
    webhooks: WebhookOrganization,
) -> None:
    async with running_receiver() as receiver, webhooks.running_worker():
        first = await webhooks.endpoint(receiver.url)
        second = await update_webhook_endpoint(webhooks.ctx, first.id, {}, rotate=True)
        await WebhookEndpoint.filter(id=first.id).update(
            secret_before_until=datetime.now(UTC) + timedelta(hours=1)
        )
        await webhooks.create_accounts(1)
        await receiver.wait_for(1)
        await WebhookEndpoint.filter(id=first.id).update(secret_before_until=datetime.now(UTC))
        await webhooks.create_accounts(1)
        await receiver.wait_for(2)

    assert first.secret and second.secret
    both, one = receiver.requests
    assert both.verified(first.secret) == both.verified(second.secret)
    assert one.verified(second.secret)
    with pytest.raises(WebhookVerificationError):
        one.verified(first.secret)


async def test_an_oversized_event_omits_its_largest_field_and_names_it(webhooks: WebhookOrganization) -> None:
    async with running_receiver() as receiver, webhooks.running_worker():
        endpoint = await webhooks.endpoint(receiver.url)
        await webhooks.create_accounts(1, attributes={"notes": "☂" * 20_000}, industry="Tools")
        await receiver.wait_for(1)

    assert endpoint.secret is not None and len(receiver.requests[0].body) < MAX_BODY_BYTES
    data = receiver.requests[0].verified(endpoint.secret)["data"]
    assert isinstance(data, dict)
    assert data["leftOut"] == ["attributes"]
    assert data["changes"]["industry"] == {"old": None, "new": "Tools"}


async def test_a_signature_fails_for_any_flipped_byte(webhooks: WebhookOrganization) -> None:
    async with running_receiver() as receiver, webhooks.running_worker():
        endpoint = await webhooks.endpoint(receiver.url)
        await webhooks.create_accounts(1)
        await receiver.wait_for(1)

    assert endpoint.secret is not None
    sent = receiver.requests[0]
    json.loads(sent.body)
    for place in range(len(sent.body)):
        forged = bytes([*sent.body[:place], sent.body[place] ^ 1, *sent.body[place + 1 :]])
        with pytest.raises((WebhookVerificationError, UnicodeDecodeError)):
            Webhook(endpoint.secret).verify(forged, sent.headers)


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("120", timedelta(minutes=2)),
        ("Mon, 02 Mar 2026 10:00:00 GMT", timedelta(hours=1)),
        ("Mon, 02 Mar 2026 08:00:00 GMT", timedelta()),
        ("soon", None),
        ("9" * 400, timedelta(seconds=10**8)),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str, asked: timedelta | None) -> None:
    response = httpx.Response(503, headers={"Retry-After": header})

    assert delivery_outcome(response, "", NOW).retry_after == asked


async def test_a_stopping_worker_releases_its_deliveries(webhooks: WebhookOrganization) -> None:
    async with running_receiver(lambda sent: NO_ANSWER) as receiver, webhooks.running_worker():
        await webhooks.endpoint(receiver.url)
        await webhooks.create_accounts(3)
        await receiver.wait_for(3)

    assert [(row["lease"], row["attempts"], row["status"]) for row in await deliveries()] == [
        (None, 0, "PENDING")
    ] * 3


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/", "https://localhost:{port}/", "https://127.1:{port}/"]
)
async def test_a_private_address_in_the_database_is_not_contacted(
    webhooks: WebhookOrganization, url: str
) -> None:
    async with running_receiver() as receiver, webhooks.running_worker(private=False):
        await webhooks.endpoint(url.format(port=receiver.port))
        await webhooks.create_accounts(1)
        await wait_for_deliveries(1, status="FAILED")

        assert receiver.requests == []
    [row] = await deliveries()
    assert "Change the endpoint's `url`" in row["last_error"]
