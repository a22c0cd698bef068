"""Signatures of webhooks, verified with the reference library of the standard."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from workflow.rules.events.webhook_signing import encode_secret, message_id, sign

OLD = encode_secret(b"o" * 32)
NEW = encode_secret(b"n" * 32)
BODY = '{"type":"risk.raised","data":{"name":"Æsir ☂"}}'.encode()
ID = message_id(UUID("01a212e2-8a31-73e4-af1d-b9e1bba9042d"))


def headers(*secrets: str) -> dict[str, str]:
    """Return the three signed headers of a message."""
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
