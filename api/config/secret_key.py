"""The server's own key: what PURSUIT_SECRET_KEY says, or, beside a SQLite file, what was made there once."""

import base64
import binascii
import os
import secrets
from pathlib import Path

KEY_BYTES = 32


class BadKey(ValueError):
    """A text that is no key."""


def key_of(text: str) -> str:
    """A key as it is used, the base64url of 32 bytes, from either spelling of base64. Raises BadKey."""
    try:
        raw = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BadKey from None
    if len(raw) != KEY_BYTES:
        raise BadKey
    return base64.urlsafe_b64encode(raw).decode()


def kept_key(file: Path) -> str:
    """The key in a file that only its owner reads; made there where there is none."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return key_of(file.read_text().strip())
    with os.fdopen(descriptor, "w") as made:
        made.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
    return key_of(file.read_text().strip())
