"""What the log never holds: keys, tokens, and passwords in addresses."""

import logging

import pytest

from api.config.telemetry import JsonFormatter, TextFormatter
from tests.support.tokens.issuer import new_key, signed

SECRETS = ("pur_0123456789abcdef_s3cr-et_s", signed(new_key(), {"alg": "ES256"}, {"sub": "rita"}))


@pytest.mark.parametrize("lines", [JsonFormatter(), TextFormatter("%(message)s")])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_credential_is_masked_wherever_it_stands(lines: logging.Formatter, secret: str) -> None:
    record = logging.LogRecord("pursuit", logging.INFO, __file__, 1, "got %s.", (f"Bearer {secret}",), None)

    told = lines.format(record)

    assert "got Bearer ***" in told
    assert not [part for part in secret.split(".") if part in told]


def test_the_password_of_an_address_is_masked() -> None:
    record = logging.LogRecord("pursuit", logging.INFO, __file__, 1, "at postgres://u:hunter2@h/d", (), None)

    assert TextFormatter("%(message)s").format(record) == "at postgres://***@h/d"
