"""Logs never contain keys, tokens, or passwords in addresses."""

import logging

import pytest

from api.config.telemetry import JsonFormatter, TextFormatter
from tests.support.tokens.issuer import new_key, sign_token

SECRETS = ("pur_0123456789abcdef_s3cr-et_s", sign_token(new_key(), {"alg": "ES256"}, {"sub": "rita"}))


@pytest.mark.parametrize("lines", [JsonFormatter(), TextFormatter("%(message)s")])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_credential_is_masked_anywhere_in_a_log_line(lines: logging.Formatter, secret: str) -> None:
    record = logging.LogRecord("pursuit", logging.INFO, __file__, 1, "got %s.", (f"Bearer {secret}",), None)

    line = lines.format(record)

    assert "got Bearer ***" in line
    assert not [part for part in secret.split(".") if part in line]


def test_the_password_in_a_url_is_masked() -> None:
    record = logging.LogRecord("pursuit", logging.INFO, __file__, 1, "at postgres://u:hunter2@h/d", (), None)

    assert TextFormatter("%(message)s").format(record) == "at postgres://***@h/d"
