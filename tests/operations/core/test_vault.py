"""Encryption of secrets by the server's keys."""

import pytest
from cryptography.fernet import Fernet

from workflow.operations.core.vault import NoSecretKeyError, Vault

OLD = Fernet.generate_key().decode()
NEW = Fernet.generate_key().decode()


def test_a_secret_is_not_readable_without_its_key() -> None:
    encrypted = Vault((OLD,)).encrypt("whsec_1")

    assert "whsec_1" not in encrypted
    assert Vault((OLD,)).decrypt(encrypted) == "whsec_1"


def test_after_a_rotation_old_secrets_are_readable_and_new_ones_use_the_first_key() -> None:
    rotated = Vault((NEW, OLD))

    assert rotated.decrypt(Vault((OLD,)).encrypt("whsec_1")) == "whsec_1"
    assert Vault((NEW,)).decrypt(rotated.encrypt("whsec_2")) == "whsec_2"


@pytest.mark.parametrize("encrypted", [Vault((OLD,)).encrypt("whsec_1"), "", "no token"])
def test_a_secret_of_another_key_is_refused(encrypted: str) -> None:
    with pytest.raises(NoSecretKeyError, match=r"No key in PURSUIT_SECRET_KEY decrypts this secret\."):
        Vault((NEW,)).decrypt(encrypted)


def test_without_a_key_nothing_is_encrypted_or_decrypted() -> None:
    for work in (Vault().encrypt, Vault().decrypt):
        with pytest.raises(NoSecretKeyError, match=r"PURSUIT_SECRET_KEY is not set\."):
            work("whsec_1")
