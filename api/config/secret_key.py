"""The key that encrypts secrets: parsed from PURSUIT_SECRET_KEY, or created beside a SQLite file."""

import base64
import binascii
import os
import secrets
from contextlib import suppress
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
    if not file.exists():
        _create_key(file)
    return parse_key(file.read_text().strip())


def _create_key(file: Path) -> None:
    """Create a file with a new key, unless another process creates it first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as key_file:
            key_file.write(base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
        # A link appears complete, and fails if the file exists: all processes read the key of the first.
        with suppress(FileExistsError):
            os.link(temporary, file)
    finally:
        temporary.unlink()
