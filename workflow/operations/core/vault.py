"""Encryption of the secrets that have to be readable again. The key is outside the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class NoSecretKeyError(Exception):
    """None of the server's keys decrypts the secret, or the server has no key."""


@dataclass(frozen=True, slots=True)
class Vault:
    """The server's keys, each 32 bytes as base64url. The first encrypts; all decrypt, for rotation."""

    keys: Sequence[str] = ()

    def encrypt(self, text: str) -> str:
        """Encrypt a text. Raise NoSecretKeyError if there is no key."""
        return self._fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Decrypt a text. Raise NoSecretKeyError if none of the keys encrypted it."""
        from cryptography.fernet import InvalidToken  # imported here because commands start faster without it

        try:
            return self._fernet().decrypt(encrypted).decode()
        except InvalidToken:
            raise NoSecretKeyError("No key in PURSUIT_SECRET_KEY decrypts this secret.") from None

    def _fernet(self) -> "MultiFernet":
        from cryptography.fernet import Fernet, MultiFernet

        if not self.keys:
            raise NoSecretKeyError("PURSUIT_SECRET_KEY is not set.")
        return MultiFernet([Fernet(key) for key in self.keys])
