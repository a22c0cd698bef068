"""What the environment says, read once and whole; a wrong value stops the start with what is allowed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from strawberry.http.websocket_origin import normalize_origin

LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")
SWITCH = {"on": True, "off": False}

T = TypeVar("T")


class SettingsError(Exception):
    """A setting's name, its value's fault, and what is allowed."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting of one process."""

    database_url: str = "sqlite://var/pursuit.db"
    host: str = "127.0.0.1"
    port: int = 8000
    log_level: str = "info"
    log_format: str | None = None
    graphiql: bool = True
    introspection: bool = True
    cors_origins: tuple[str, ...] = ()
    rate_limit: int = 100_000
    deadline: float = 10.0
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_role_claim: str | None = None

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings of this environment; an empty value counts as unset."""

        def value(name: str, parse: Callable[[str, str], T], default: T) -> T:
            text = environ.get(name, "").strip()
            return parse(name, text) if text else default

        read = cls(
            database_url=value("PURSUIT_DATABASE_URL", _database_url, cls.database_url),
            host=value("PURSUIT_HOST", _host, cls.host),
            port=value("PORT", _port, cls.port),
            log_level=value("PURSUIT_LOG_LEVEL", _one_of(LOG_LEVELS), cls.log_level),
            log_format=value("PURSUIT_LOG_FORMAT", _one_of(LOG_FORMATS), cls.log_format),
            graphiql=value("PURSUIT_GRAPHIQL", _switch, cls.graphiql),
            introspection=value("PURSUIT_INTROSPECTION", _switch, cls.introspection),
            cors_origins=value("PURSUIT_CORS_ORIGINS", _origins, cls.cors_origins),
            rate_limit=value("PURSUIT_RATE_LIMIT", _points, cls.rate_limit),
            oidc_issuer=value("PURSUIT_OIDC_ISSUER", _issuer, cls.oidc_issuer),
            oidc_audience=value("PURSUIT_OIDC_AUDIENCE", _one_word, cls.oidc_audience),
            oidc_role_claim=value("PURSUIT_OIDC_ROLE_CLAIM", _one_word, cls.oidc_role_claim),
        )
        _together(read)
        return read

    @property
    def sqlite_file(self) -> Path | None:
        """The embedded database's file, or none on PostgreSQL."""
        scheme, _, rest = self.database_url.partition("://")
        return Path(rest.partition("?")[0]) if scheme == "sqlite" else None

    def shown(self) -> dict[str, str]:
        """Every setting as it may be shown: the database's password is hidden."""
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
            "PURSUIT_OIDC_ISSUER": self.oidc_issuer or "unset",
            "PURSUIT_OIDC_AUDIENCE": self.oidc_audience or "unset",
            "PURSUIT_OIDC_ROLE_CLAIM": self.oidc_role_claim or "unset",
        }


def without_password(url: str) -> str:
    """A database's address as it may be shown; parameters may hold a password too."""
    scheme, _, rest = url.partition("://")
    address, _, parameters = rest.partition("?")
    user, at, place = address.rpartition("@")
    secret = f"{user.partition(':')[0]}:***" if ":" in user else user
    return f"{scheme}://{secret}{at}{place}" + ("?***" if parameters else "")


def confidential(address: str) -> bool:
    """Whether nobody on the way can change what an address answers: by https, or by http on this machine alone."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or not address.isascii() or any(sign.isspace() for sign in address):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _database_url(name: str, text: str) -> str:
    allowed = "Allowed: sqlite://path/to/file.db, or postgres://user:password@host:5432/database."
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in {"sqlite", "postgres", "postgresql"}:
        raise SettingsError(f"{name} names a database that Pursuit does not speak to. {allowed}")
    if scheme == "sqlite":
        if rest.partition("?")[0] in {"", ":memory:"}:
            raise SettingsError(f"{name} names no file: the embedded database is always kept in one. {allowed}")
        return text
    try:
        parts = urlsplit(text)
        complete = bool(parts.path.strip("/")) and (parts.port or 5432) > 0
    except ValueError:
        complete = False
    if not complete:
        raise SettingsError(f"{name} has no database name, or a port that is not a number. {allowed}")
    return "postgres://" + rest


def _host(name: str, text: str) -> str:
    if any(character.isspace() or character == "/" for character in text):
        raise SettingsError(
            f"{name} is {text!r}, which is no address. Allowed: a host name or IP address, such as 0.0.0.0."
        )
    return text


def _port(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise SettingsError(f"{name} is {text!r}, which is no port. Allowed: a whole number from 1 to 65535.")
    return int(text)


def _points(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise SettingsError(
            f"{name} is {text!r}, which is no number of points. Allowed: a whole number from 1 to 999999999; a key may ask "
            "for so many points of cost in a minute."
        )
    return int(text)


def _origins(name: str, text: str) -> tuple[str, ...]:
    given = text.replace(",", " ").split()
    for origin in given:
        if origin != "*" and normalize_origin(origin) != origin:
            raise SettingsError(
                f"{name} holds {origin!r}, which is no origin as browsers write it. Allowed: origins such as "
                "https://app.example.com or http://localhost:5173, with commas between, or * for every page there is."
            )
    return tuple(given)


def _one_of(allowed: tuple[str, ...]) -> Callable[[str, str], str]:
    def parse(name: str, text: str) -> str:
        if text.lower() not in allowed:
            raise SettingsError(f"{name} is {text!r}. Allowed: {', '.join(allowed)}.")
        return text.lower()

    return parse


def _switch(name: str, text: str) -> bool:
    if text.lower() not in SWITCH:
        raise SettingsError(f"{name} is {text!r}. Allowed: on, off.")
    return SWITCH[text.lower()]


def _issuer(name: str, text: str) -> str:
    if not confidential(text) or {"?", "#"} & set(text):
        raise SettingsError(
            f"{name} is {text!r}, which is no issuer's address. Allowed: an https:// address without ? and #, written "
            "as the issuer writes it in its discovery document, such as https://login.example.com; http:// on this machine alone."
        )
    return text


def _one_word(name: str, text: str) -> str:
    if not text.isprintable() or " " in text or len(text) > 255:
        raise SettingsError(f"{name} is {text[:80]!r}. Allowed: one word of at most 255 characters, such as pursuit.")
    return text


def _together(read: Settings) -> None:
    """An issuer's tokens are worth nothing without the audience that says they are for us."""
    if read.oidc_issuer and not read.oidc_audience:
        raise SettingsError(
            "PURSUIT_OIDC_ISSUER is set, and PURSUIT_OIDC_AUDIENCE is not. Allowed: both, or neither; the audience is "
            "what the issuer writes as `aud` into tokens for Pursuit."
        )
    for name, given in (("AUDIENCE", read.oidc_audience), ("ROLE_CLAIM", read.oidc_role_claim)):
        if given and not read.oidc_issuer:
            raise SettingsError(
                f"PURSUIT_OIDC_{name} is set, and PURSUIT_OIDC_ISSUER is not. Allowed: it goes with an issuer, or unset it."
            )
