"""The server's own key: what PURSUIT_SECRET_KEY says, or, beside a SQLite file, what was made there once."""

import base64
import binascii
import os
import secrets
from pathlib import Path

KEY_BYTES = 32


class InvalidKeyError(ValueError):
    """A text that is no key."""


def parse_key(text: str) -> str:
    """A key as it is used, the base64url of 32 bytes, from either spelling of base64. Raises BadKey."""
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidKeyError from None
    if len(raw) != KEY_BYTES:
        raise InvalidKeyError
    return base64.urlsafe_b64encode(raw).decode()


def load_or_create_key(file: Path) -> str:
    """The key in a file that only its owner reads; made there where there is none."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return parse_key(file.read_text().strip())
    with os.fdopen(descriptor, "w") as key_file:
        key_file.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
    return parse_key(file.read_text().strip())
