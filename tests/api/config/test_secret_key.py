"""The key that encrypts secrets: from the settings, or from a file beside SQLite."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from api.config.secret_key import InvalidKeyError, load_or_create_key, parse_key
from api.config.setting_values import SettingsError
from api.config.settings import Settings
from workflow.operations.core.vault import NoSecretKeyError, Vault

KEY = "k" * 32


PLAIN = base64.b64encode(KEY.encode()).decode()


def test_a_secret_key_beside_a_sqlite_file_is_created_once_and_readable_by_its_owner_only(
    tmp_path: Path,
) -> None:
    settings = Settings(database_url=f"sqlite://{tmp_path}/pursuit.db")

    first = settings.vault_keys()
    second = settings.vault_keys()

    file = tmp_path / "pursuit.db.secret-key"
    assert first == second and len(first) == 1
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("no key\n")
    with pytest.raises(SettingsError, match="does not contain a valid key"):
        settings.vault_keys()


def test_values_encrypted_with_an_older_key_are_decrypted_and_with_an_unknown_key_are_not() -> None:
    old = PLAIN
    new = base64.urlsafe_b64encode(b"n" * 32).decode()
    sealed = Vault((old,)).encrypt("whsec_abc")

    assert "whsec" not in sealed
    assert Vault((new, old)).decrypt(sealed) == "whsec_abc"
    with pytest.raises(NoSecretKeyError):
        Vault((new,)).decrypt(sealed)


@pytest.mark.parametrize("text", ["", "secret", "a" * 42, "a" * 44, "ä" * 43, "a b" * 14])
def test_a_text_that_is_not_32_bytes_in_base64_is_not_a_key(text: str) -> None:
    with pytest.raises(InvalidKeyError):
        parse_key(text)


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    file = tmp_path / "new" / "pursuit.db.secret-key"
    barrier = Barrier(8)

    def load(_: int) -> str:
        barrier.wait()
        return load_or_create_key(file)

    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(load, range(8)))

    assert len(keys) == 1
    assert [one.name for one in file.parent.iterdir()] == [file.name]
