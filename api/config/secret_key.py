"""The key that encrypts secrets: parsed from PURSUIT_SECRET_KEY, or created beside a SQLite file."""

import base64
import binascii
import os
import secrets
from pathlib import Path

KEY_BYTES = 32


class InvalidKeyError(ValueError):
    """A text that is not a key."""


def parse_key(text: str) -> str:
    """Return a key of 32 bytes in base64url, from either alphabet of base64, or raise InvalidKeyError."""
    try:
        raw = base64.b64decode(
            text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        raise InvalidKeyError from None
    if len(raw) != KEY_BYTES:
        raise InvalidKeyError
    return base64.urlsafe_b64encode(raw).decode()


def load_or_create_key(file: Path) -> str:
    """Return the key in a file, which is created for its owner only if it does not exist."""
    # O_EXCL: of several processes that start at once, one creates the key and the others read it.
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return parse_key(file.read_text().strip())
    with os.fdopen(descriptor, "w") as key_file:
        key_file.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
    return parse_key(file.read_text().strip())
