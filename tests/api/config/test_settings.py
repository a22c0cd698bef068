"""Settings: each wrong value is reported with the allowed values."""

import base64
from pathlib import Path

import pytest

from api.config.setting_values import SettingsError
from api.config.settings import Settings


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
