"""Webhooks as a receiver gets them: signed, once or again under the same id, whatever else goes wrong meanwhile."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from api.worker.webhook_sender import MAX_BODY_BYTES, MAX_REFUSAL_BYTES, delivery_outcome
from schema.core.ids import encode
from tests.support.counts import count
from tests.support.organizations import NOW
from tests.support.webhooks.receiver import DIE, HANG, OK, Sent, answer, receiving
from tests.support.webhooks.worker import Office, deliveries, hurry, office, settled
from workflow.models import Event, WebhookEndpoint
from workflow.operations.webhooks.endpoints import update_webhook_endpoint

FACTS = count(500)


@pytest.fixture
async def at(own_database: str) -> AsyncIterator[Office]:
    """Where facts are told and sent from."""
    async with office(own_database) as opened:
        yield opened


async def test_a_receiver_is_told_what_happened_with_ids_that_the_api_takes(at: Office) -> None:
    async with receiving() as receiver, at.working():
        kept = await at.endpoint(receiver.url)
        [account] = await at.tell(1)
        await receiver.until(1)

    assert kept.secret is not None
    message = receiver.got[0].verified(kept.secret)
    [event] = await Event.filter(aggregateid=account).values("id", "at")
    assert (message["type"], message["timestamp"]) == ("account.created", NOW.isoformat())
    data = message["data"]
    assert isinstance(data, dict)
    assert (data["id"], data["accountId"]) == (encode("Event", event["id"]), encode("Account", account))
    assert data["changes"]["name"] == {"old": None, "new": "Account 0"}
    assert (receiver.got[0].path, receiver.got[0].headers["host"]) == ("/hook?of=test", f"127.0.0.1:{receiver.port}")


async def test_who_misbehaves_is_told_everything_all_the_same_and_again_only_under_the_same_id(at: Office) -> None:
    chance, met = random.Random(7), Counter[str]()

    def moody(sent: Sent) -> bytes:
        met[sent.headers["webhook-id"]] += 1
        return chance.choices(
            [OK, answer(500, text="down"), answer(429, "Retry-After: 1"), DIE, HANG, answer(302, "Location: /")],
            [70, 15, 5, 4, 2, 4],
        )[0]

    async with receiving(moody) as receiver, at.working(seconds=0.5):
        kept = await at.endpoint(receiver.url)
        for _ in range(FACTS // 10):
            await at.tell(10)
            await hurry()
        while await deliveries(status__not="DELIVERED"):
            await hurry()
            await asyncio.sleep(0.05)

    assert kept.secret is not None
    committed = {f"msg_{row['id'].hex}" for row in await Event.filter(type="account.created").values("id")}
    for sent in receiver.got:
        sent.verified(kept.secret)
    assert set(met) == committed and len(committed) == FACTS
    again = Counter(row["attempts"] for row in await deliveries())
    assert sum(tries * times for tries, times in again.items()) == sum(met.values()) > FACTS


async def test_one_that_hangs_delays_no_other(at: Office) -> None:
    async with receiving(lambda sent: HANG) as slow, receiving() as quick, at.working():
        await at.endpoint(slow.url)
        await at.endpoint(quick.url)
        await at.tell(30)
        await quick.until(30)
        await settled(30, status="DELIVERED")

        assert 0 < len(slow.got) < 30
        assert {row["status"] for row in await deliveries()} == {"DELIVERED", "PENDING"}


async def test_no_redirect_is_followed(at: Office) -> None:
    async with receiving() as inside, at.working():
        async with receiving(lambda sent: answer(307, f"Location: {inside.url}")) as receiver:
            await at.endpoint(receiver.url)
            await at.tell(1)
            await settled(1, status="FAILED")

        [row] = await deliveries()
        assert (row["last_status_code"], len(inside.got)) == (307, 0)
        assert "redirects are not followed" in row["last_error"]


async def test_an_answer_is_read_no_further_than_a_kilobyte_and_never_waited_for_to_its_end(at: Office) -> None:
    endless = b"HTTP/1.1 500 So\r\nContent-Type: text/plain\r\n\r\n" + b"no " * 200_000

    async with receiving(lambda sent: endless) as receiver, at.working():
        await at.endpoint(receiver.url)
        await at.tell(1)
        await settled(1, status="FAILED")

    [row] = await deliveries()
    assert MAX_REFUSAL_BYTES - 100 < len(row["last_error"]) <= MAX_REFUSAL_BYTES


async def test_nobody_answers(at: Office) -> None:
    async with receiving() as receiver:
        url = receiver.url
    async with at.working():
        await at.endpoint(url)
        await at.tell(1)
        await settled(1, status="FAILED")

    [row] = await deliveries()
    assert row["last_status_code"] is None and "could not be reached" in row["last_error"]


async def test_while_a_secret_is_rotated_each_message_has_both_signatures(at: Office) -> None:
    async with receiving() as receiver, at.working():
        first = await at.endpoint(receiver.url)
        second = await update_webhook_endpoint(at.ctx, first.id, {}, rotate=True)
        await WebhookEndpoint.filter(id=first.id).update(secret_before_until=datetime.now(UTC) + timedelta(hours=1))
        await at.tell(1)
        await receiver.until(1)
        await WebhookEndpoint.filter(id=first.id).update(secret_before_until=datetime.now(UTC))
        await at.tell(1)
        await receiver.until(2)

    assert first.secret and second.secret
    both, one = receiver.got
    assert both.verified(first.secret) == both.verified(second.secret)
    assert one.verified(second.secret)
    with pytest.raises(WebhookVerificationError):
        one.verified(first.secret)


async def test_what_would_be_too_large_leaves_the_largest_out_and_names_it(at: Office) -> None:
    async with receiving() as receiver, at.working():
        kept = await at.endpoint(receiver.url)
        await at.tell(1, attributes={"notes": "☂" * 20_000}, industry="Tools")
        await receiver.until(1)

    assert kept.secret is not None and len(receiver.got[0].body) < MAX_BODY_BYTES
    data = receiver.got[0].verified(kept.secret)["data"]
    assert isinstance(data, dict)
    assert data["leftOut"] == ["attributes"]
    assert data["changes"]["industry"] == {"old": None, "new": "Tools"}


async def test_any_flipped_byte_of_what_is_sent_is_refused(at: Office) -> None:
    async with receiving() as receiver, at.working():
        kept = await at.endpoint(receiver.url)
        await at.tell(1)
        await receiver.until(1)

    assert kept.secret is not None
    sent = receiver.got[0]
    json.loads(sent.body)
    for place in range(len(sent.body)):
        forged = bytes([*sent.body[:place], sent.body[place] ^ 1, *sent.body[place + 1 :]])
        with pytest.raises((WebhookVerificationError, UnicodeDecodeError)):
            Webhook(kept.secret).verify(forged, sent.headers)


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
def test_a_receiver_asks_to_be_left_alone_in_seconds_or_until_a_date(header: str, asked: timedelta | None) -> None:
    response = httpx.Response(503, headers={"Retry-After": header})

    assert delivery_outcome(response, "", NOW).retry_after == asked


async def test_a_worker_that_stops_gives_back_what_it_was_sending(at: Office) -> None:
    async with receiving(lambda sent: HANG) as receiver, at.working():
        await at.endpoint(receiver.url)
        await at.tell(3)
        await receiver.until(3)

    assert [(row["lease"], row["attempts"], row["status"]) for row in await deliveries()] == [(None, 0, "PENDING")] * 3


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/", "https://localhost:{port}/", "https://127.1:{port}/"])
async def test_what_leads_inside_is_not_sent_there_whoever_wrote_it_into_the_database(at: Office, url: str) -> None:
    async with receiving() as receiver, at.working(private=False):
        await at.endpoint(url.format(port=receiver.port))
        await at.tell(1)
        await settled(1, status="FAILED")

        assert receiver.got == []
    [row] = await deliveries()
    assert "Change the endpoint's `url`" in row["last_error"]
