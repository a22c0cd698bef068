"""Secrets that have to be read again: encrypted by the server's key, so that the database alone gives none away."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class NoSecretKeyError(Exception):
    """A secret that none of the server's keys opens, or no key at all."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals by the first key and opens by any, so that a key can be replaced; each is the base64url of 32 bytes."""

    keys: Sequence[str] = ()

    def encrypt(self, text: str) -> str:
        """The text, encrypted; raises NoKey without a key."""
        return self._fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted: str) -> str:
        """The text again; raises NoKey where it was sealed by none of the keys."""
        from cryptography.fernet import InvalidToken  # here, for commands start faster without it

        try:
            return self._fernet().decrypt(encrypted).decode()
        except InvalidToken:
            raise NoSecretKeyError("No key of PURSUIT_SECRET_KEY opens what is kept.") from None

    def _fernet(self) -> "MultiFernet":
        from cryptography.fernet import Fernet, MultiFernet

        if not self.keys:
            raise NoSecretKeyError("There is no PURSUIT_SECRET_KEY.")
        return MultiFernet([Fernet(key) for key in self.keys])
