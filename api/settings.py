"""What the environment says, read once and whole; a wrong value stops the start with what is allowed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

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

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings of this environment; an empty value counts as unset."""

        def value(name: str, parse: Callable[[str, str], T], default: T) -> T:
            text = environ.get(name, "").strip()
            return parse(name, text) if text else default

        return cls(
            database_url=value("PURSUIT_DATABASE_URL", _database_url, cls.database_url),
            host=value("PURSUIT_HOST", _host, cls.host),
            port=value("PORT", _port, cls.port),
            log_level=value("PURSUIT_LOG_LEVEL", _one_of(LOG_LEVELS), cls.log_level),
            log_format=value("PURSUIT_LOG_FORMAT", _one_of(LOG_FORMATS), cls.log_format),
            graphiql=value("PURSUIT_GRAPHIQL", _switch, cls.graphiql),
            introspection=value("PURSUIT_INTROSPECTION", _switch, cls.introspection),
        )

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
        }


def without_password(url: str) -> str:
    """A database's address as it may be shown; parameters may hold a password too."""
    scheme, _, rest = url.partition("://")
    address, _, parameters = rest.partition("?")
    user, at, place = address.rpartition("@")
    secret = f"{user.partition(':')[0]}:***" if ":" in user else user
    return f"{scheme}://{secret}{at}{place}" + ("?***" if parameters else "")


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
