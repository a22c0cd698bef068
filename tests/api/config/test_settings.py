"""Settings: each wrong value is reported with the allowed values."""

import base64
from pathlib import Path

import pytest

from api.config.setting_values import SettingsError
from api.config.settings import Settings
from workflow.operations.core.vault import NoSecretKeyError, Vault


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.read({"PURSUIT_HOST": ""})

    assert settings == Settings()
    assert settings.sqlite_file == Path("var/pursuit.db")


def test_every_setting_is_read() -> None:
    settings = Settings.read(
        {
            "PURSUIT_DATABASE_URL": "postgresql://u:p@h:5433/d",
            "PURSUIT_HOST": "0.0.0.0",
            "PORT": "9000",
            "PURSUIT_LOG_LEVEL": "DEBUG",
            "PURSUIT_LOG_FORMAT": "json",
            "PURSUIT_GRAPHIQL": "off",
            "PURSUIT_INTROSPECTION": "OFF",
            "PURSUIT_OIDC_ISSUER": "https://login.example.com/acme/",
            "PURSUIT_OIDC_AUDIENCE": "api://pursuit",
            "PURSUIT_OIDC_ROLE_CLAIM": "https://acme.example/role",
        }
    )

    assert settings == Settings(
        database_url="postgres://u:p@h:5433/d",
        host="0.0.0.0",
        port=9000,
        log_level="debug",
        log_format="json",
        graphiql=False,
        introspection=False,
        oidc_issuer="https://login.example.com/acme/",
        oidc_audience="api://pursuit",
        oidc_role_claim="https://acme.example/role",
    )
    assert settings.sqlite_file is None


def test_the_workers_settings_are_read() -> None:
    settings = Settings.read({"PURSUIT_WORKER": "off", "PURSUIT_WEBHOOK_ALLOW_PRIVATE": "on"})

    assert settings == Settings(worker=False, webhook_allow_private=True)


ISSUER = {"PURSUIT_OIDC_ISSUER": "https://login.example.com", "PURSUIT_OIDC_AUDIENCE": "pursuit"}


@pytest.mark.parametrize(
    "issuer",
    ["http://127.0.0.1:9000", "http://127.1.2.3/a", "http://localhost:9000/realms/a", "http://[::1]:9000"],
)
def test_an_issuer_on_this_machine_may_speak_http(issuer: str) -> None:
    assert Settings.read({**ISSUER, "PURSUIT_OIDC_ISSUER": issuer}).oidc_issuer == issuer


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"PURSUIT_OIDC_ISSUER": "https://login.example.com"}, "PURSUIT_OIDC_ISSUER"),
        ({"PURSUIT_OIDC_AUDIENCE": "pursuit"}, "PURSUIT_OIDC_AUDIENCE"),
        ({"PURSUIT_OIDC_ROLE_CLAIM": "role"}, "PURSUIT_OIDC_ROLE_CLAIM"),
        (
            {"PURSUIT_OIDC_ISSUER": "https://a.example", "PURSUIT_OIDC_ROLE_CLAIM": "role"},
            "PURSUIT_OIDC_ISSUER",
        ),
    ],
)
def test_an_issuer_and_its_audience_are_set_together(environ: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.read(environ)

    assert str(raised.value).startswith(f"{name} ")
    assert "Allowed: " in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("PURSUIT_DATABASE_URL", url)
            for url in ("mysql://h/d", "var/x.db", "sqlite://", "sqlite://:memory:")
        ),
        *(
            ("PURSUIT_DATABASE_URL", url)
            for url in ("postgres://h", "postgres://h:x/d", "postgres://h:99999/d")
        ),
        *(("PORT", port) for port in ("0", "65536", "-1", "80a", "8e3", "\N{ARABIC-INDIC DIGIT ONE}")),
        *(("PURSUIT_HOST", "a b"), ("PURSUIT_LOG_LEVEL", "loud"), ("PURSUIT_LOG_FORMAT", "xml")),
        *(("PURSUIT_GRAPHIQL", "yes"), ("PURSUIT_INTROSPECTION", "1")),
        *(
            ("PURSUIT_OIDC_ISSUER", f"http://{host}")
            for host in ("a.example", "10.0.0.1", "127.0.0.1.example", "[::2]")
        ),
        *(
            ("PURSUIT_OIDC_ISSUER", f"https://{rest}")
            for rest in ("", "/a", "a b", "u:p@h", "h?a", "h#a", "h:x", "[", "ä.de")
        ),
        *(
            ("PURSUIT_OIDC_ISSUER", text)
            for text in ("a.example", "ftp://a.example", "//a.example", "https:a.example")
        ),
        *(("PURSUIT_OIDC_AUDIENCE", text) for text in ("a b", "a\tb", "a" * 256)),
        ("PURSUIT_OIDC_ROLE_CLAIM", "a b"),
        *(("PURSUIT_SECRET_KEY", text) for text in ("secret", "a" * 44, "ä" * 43, f"{'a' * 43}=, x")),
        *(("PURSUIT_WORKER", "yes"), ("PURSUIT_WEBHOOK_ALLOW_PRIVATE", "all")),
    ],
)
def test_a_wrong_value_stops_with_its_name_and_what_is_allowed(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.read({name: value})

    assert str(raised.value).startswith(f"{name} ")
    assert "Allowed: " in str(raised.value)


def test_a_wrong_database_url_does_not_show_its_password() -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.read({"PURSUIT_DATABASE_URL": "mysql://u:hunter2@h/d"})

    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["postgres://u:hunter2@h/d", "postgres://u:a@hunter2@h/d", "postgres://u@h/d?password=hunter2"]
)
def test_shown_settings_hide_secrets(url: str) -> None:
    assert "hunter2" not in str(Settings(database_url=url).redacted())


KEY = "k" * 32
PLAIN = base64.b64encode(KEY.encode()).decode()


def test_secret_keys_are_read_in_either_encoding_and_with_older_ones() -> None:
    raw = bytes(range(224, 256))
    standard = base64.b64encode(raw).decode()
    url = base64.urlsafe_b64encode(raw).decode()

    read = Settings.read({"PURSUIT_SECRET_KEY": f"{standard}, {PLAIN}"})

    assert standard != url
    assert (
        read.vault_keys()
        == Settings.read({"PURSUIT_SECRET_KEY": f"{url} {PLAIN}"}).vault_keys()
        == (url, PLAIN)
    )
    assert PLAIN not in str(read.redacted()) + repr(read)


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
