"""Settings of one process, read from environment variables; a wrong value stops the start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from api.config import setting_values as values
from api.config.secret_key import InvalidKeyError, load_or_create_key
from api.config.setting_values import ALLOWED_SECRET_KEYS, SettingsError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one process."""

    database_url: str = "sqlite://var/pursuit.db"
    host: str = "127.0.0.1"
    port: int = 8000
    log_level: str = "info"
    log_format: str | None = None
    graphiql: bool = True
    introspection: bool = True
    cors_origins: tuple[str, ...] = ()
    rate_limit: int = 500_000
    deadline: float = 10.0
    worker: bool = True
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    webhook_allow_private: bool = False
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_role_claim: str | None = None

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings from an environment; an empty value counts as unset."""

        def value(name: str, parse: Callable[[str, str], T], default: T) -> T:
            text = environ.get(name, "").strip()
            return parse(name, text) if text else default

        settings = cls(
            database_url=value("PURSUIT_DATABASE_URL", values.database_url, cls.database_url),
            host=value("PURSUIT_HOST", values.host, cls.host),
            port=value("PORT", values.port, cls.port),
            log_level=value(
                "PURSUIT_LOG_LEVEL", values.one_of(("debug", "info", "warning", "error")), cls.log_level
            ),
            log_format=value("PURSUIT_LOG_FORMAT", values.one_of(("text", "json")), cls.log_format),
            graphiql=value("PURSUIT_GRAPHIQL", values.switch, cls.graphiql),
            introspection=value("PURSUIT_INTROSPECTION", values.switch, cls.introspection),
            cors_origins=value("PURSUIT_CORS_ORIGINS", values.origins, cls.cors_origins),
            rate_limit=value("PURSUIT_RATE_LIMIT", values.rate_limit, cls.rate_limit),
            worker=value("PURSUIT_WORKER", values.switch, cls.worker),
            secret_keys=value("PURSUIT_SECRET_KEY", values.secret_keys, ()),
            webhook_allow_private=value(
                "PURSUIT_WEBHOOK_ALLOW_PRIVATE", values.switch, cls.webhook_allow_private
            ),
            oidc_issuer=value("PURSUIT_OIDC_ISSUER", values.issuer, cls.oidc_issuer),
            oidc_audience=value("PURSUIT_OIDC_AUDIENCE", values.one_word, cls.oidc_audience),
            oidc_role_claim=value("PURSUIT_OIDC_ROLE_CLAIM", values.one_word, cls.oidc_role_claim),
        )
        _check_oidc_settings(settings)
        return settings

    @property
    def sqlite_file(self) -> Path | None:
        """The file of a SQLite database, or None on PostgreSQL."""
        scheme, _, rest = self.database_url.partition("://")
        return Path(rest.partition("?")[0]) if scheme == "sqlite" else None

    def vault_keys(self) -> tuple[str, ...]:
        """Return the keys that encrypt secrets: those that are set, or the one beside the SQLite file."""
        if self.secret_keys or self.sqlite_file is None:
            return self.secret_keys
        file = self.sqlite_file.with_name(f"{self.sqlite_file.name}.secret-key")
        try:
            return (load_or_create_key(file),)
        except InvalidKeyError:
            raise SettingsError(
                f"{file} does not contain a valid key. "
                "Restore the file: stored secrets are encrypted with its key."
            ) from None

    def require_secret_key(self) -> None:
        """Raise SettingsError on PostgreSQL without a key, because there is no file to create one beside."""
        if self.sqlite_file is None and not self.secret_keys:
            raise SettingsError(
                f"PURSUIT_SECRET_KEY is not set, but PostgreSQL requires it. {ALLOWED_SECRET_KEYS}"
            )

    def redacted(self) -> dict[str, str]:
        """Return every setting as text, with passwords and keys replaced."""
        return {
            "PURSUIT_DATABASE_URL": without_password(self.database_url),
            "PURSUIT_HOST": self.host,
            "PORT": str(self.port),
            "PURSUIT_LOG_LEVEL": self.log_level,
            "PURSUIT_LOG_FORMAT": self.log_format or "text on a terminal, else json",
            "PURSUIT_GRAPHIQL": "on" if self.graphiql else "off",
            "PURSUIT_INTROSPECTION": "on" if self.introspection else "off",
            "PURSUIT_CORS_ORIGINS": " ".join(self.cors_origins) or "none",
            "PURSUIT_RATE_LIMIT": str(self.rate_limit),
            "PURSUIT_WORKER": "on" if self.worker else "off",
            "PURSUIT_SECRET_KEY": "***" if self.secret_keys else "unset",
            "PURSUIT_WEBHOOK_ALLOW_PRIVATE": "on" if self.webhook_allow_private else "off",
            "PURSUIT_OIDC_ISSUER": self.oidc_issuer or "unset",
            "PURSUIT_OIDC_AUDIENCE": self.oidc_audience or "unset",
            "PURSUIT_OIDC_ROLE_CLAIM": self.oidc_role_claim or "unset",
        }


def without_password(url: str) -> str:
    """Return the address of a database without its password."""
    scheme, _, rest = url.partition("://")
    address, _, parameters = rest.partition("?")
    user, at, place = address.rpartition("@")
    secret = f"{user.partition(':')[0]}:***" if ":" in user else user
    # The parameters may contain a password too.
    return f"{scheme}://{secret}{at}{place}" + ("?***" if parameters else "")


def _check_oidc_settings(settings: Settings) -> None:
    """Refuse an issuer without an audience, and the settings of an issuer without the issuer."""
    # Without the audience, tokens that the issuer made for any other application would be accepted.
    if settings.oidc_issuer and not settings.oidc_audience:
        raise SettingsError(
            "PURSUIT_OIDC_ISSUER is set, but PURSUIT_OIDC_AUDIENCE is not. "
            "Allowed: both or neither; the audience is "
            "the claim `aud` of the issuer's tokens for Pursuit."
        )
    for name, value in (("AUDIENCE", settings.oidc_audience), ("ROLE_CLAIM", settings.oidc_role_claim)):
        if value and not settings.oidc_issuer:
            raise SettingsError(
                f"PURSUIT_OIDC_{name} is set, but PURSUIT_OIDC_ISSUER is not. "
                f"Allowed: both, or unset PURSUIT_OIDC_{name}."
            )
