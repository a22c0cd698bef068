"""Webhooks by their standard: signatures that its own library takes, and when a delivery is tried again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from workflow.rules.events.event_types import EVENT_TYPES, matches_pattern, unknown_patterns
from workflow.rules.events.webhook_signing import encode_secret, message_id, next_retry_at, sign

OLD, NEW = encode_secret(b"o" * 32), encode_secret(b"n" * 32)
BODY = '{"type":"risk.raised","data":{"name":"Æsir ☂"}}'.encode()
ID = message_id(UUID("01a212e2-8a31-73e4-af1d-b9e1bba9042d"))


def headers(*secrets: str) -> dict[str, str]:
    """The three headers of a message."""
    now = datetime.now(UTC)
    signed = sign(secrets, ID, now, BODY)
    return {"webhook-id": ID, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signed}


def test_the_reference_library_accepts_a_signature() -> None:
    assert Webhook(NEW).verify(BODY, headers(NEW))["type"] == "risk.raised"


def test_while_a_secret_is_rotated_both_verify() -> None:
    signed = headers(NEW, OLD)

    assert Webhook(NEW).verify(BODY, signed) == Webhook(OLD).verify(BODY, signed)


@pytest.mark.parametrize("place", range(len(BODY)))
def test_a_flipped_byte_fails_verification(place: int) -> None:
    forged = bytes([*BODY[:place], BODY[place] ^ 1, *BODY[place + 1 :]])

    with pytest.raises((WebhookVerificationError, UnicodeDecodeError)):
        Webhook(NEW).verify(forged, headers(NEW))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_message_id_and_timestamp_are_signed_too(name: str) -> None:
    forged = headers(NEW)
    forged[name] = forged[name][:-1] + ("0" if forged[name][-1] != "0" else "1")

    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY, forged)


def test_retries_back_off_and_end() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)

    waits = [next_retry_at(count, now, 0.0) for count in range(1, 12)]

    hours = [2, 5, 10, 14, 20, 24]
    delays = [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), *(timedelta(hours=h) for h in hours)]
    assert waits == [*(now + delay for delay in delays), None, None]


def test_retries_are_spread_by_jitter() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)

    assert next_retry_at(2, now, 1.0) == now + timedelta(minutes=5, seconds=30)


@pytest.mark.parametrize(("asked", "wait"), [(1, 5), (600, 600), (10**8, 86_400)])
def test_retry_after_is_respected_up_to_a_day(asked: int, wait: int) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)

    assert next_retry_at(1, now, 0.0, timedelta(seconds=asked)) == now + timedelta(seconds=wait)


def test_patterns_match_event_types() -> None:
    assert (
        matches_pattern("risk.raised", "risk.*")
        and matches_pattern("risk.raised", "risk.raised")
        and matches_pattern("risk.raised", "*")
    )
    assert not matches_pattern("risk.raised", "risk.updated") and not matches_pattern("riskier.raised", "risk.*")
    assert unknown_patterns(["risk.*", "*", "deal.*", "risk.raised.twice", "", "risk"]) == [
        "deal.*",
        "risk.raised.twice",
        "",
        "risk",
    ]
    assert "opportunity.transitioned" in EVENT_TYPES
