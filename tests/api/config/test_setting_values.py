"""Setting values: each parser accepts what is allowed, and reports a wrong value with what is."""

import pytest

from api.config.setting_values import SettingsError
from api.config.settings import Settings

ISSUER = {"PURSUIT_OIDC_ISSUER": "https://login.example.com", "PURSUIT_OIDC_AUDIENCE": "pursuit"}


@pytest.mark.parametrize(
    "issuer",
    ["http://127.0.0.1:9000", "http://127.1.2.3/a", "http://localhost:9000/realms/a", "http://[::1]:9000"],
)
def test_an_issuer_on_this_machine_may_speak_http(issuer: str) -> None:
    assert Settings.read({**ISSUER, "PURSUIT_OIDC_ISSUER": issuer}).oidc_issuer == issuer


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
