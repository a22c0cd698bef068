"""Parsers of setting values; each raises SettingsError with the allowed values."""

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from api.config.secret_key import InvalidKeyError, parse_key

SWITCH = {"on": True, "off": False}

ALLOWED_SECRET_KEYS = (
    "Allowed: 32 random bytes in base64, as printed by `openssl rand -base64 32`, the same in every process; "
    "then earlier keys, separated by commas, which still decrypt what they encrypted."
)


class SettingsError(Exception):
    """The fault of a setting, with its name and the allowed values."""


def is_secure_address(address: str) -> bool:
    """True for an https address, and for http on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port  # raises ValueError if it is not a port
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


def database_url(name: str, text: str) -> str:
    allowed = "Allowed: sqlite://path/to/file.db, or postgres://user:password@host:5432/database."
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in {"sqlite", "postgres", "postgresql"}:
        # Without the value: it may contain a password.
        raise SettingsError(f"{name} is not the address of a supported database. {allowed}")
    if scheme == "sqlite":
        if rest.partition("?")[0] in {"", ":memory:"}:
            raise SettingsError(f"{name} has no file, and SQLite in memory is not supported. {allowed}")
        return text
    try:
        parts = urlsplit(text)
        complete = bool(parts.path.strip("/")) and (parts.port or 5432) > 0
    except ValueError:
        complete = False
    if not complete:
        raise SettingsError(f"{name} has no database name, or a port that is not a number. {allowed}")
    return "postgres://" + rest


def host(name: str, text: str) -> str:
    if any(character.isspace() or character == "/" for character in text):
        raise SettingsError(
            f"{name} is {text!r}, which is not an address. "
            "Allowed: a host name or IP address, such as 0.0.0.0."
        )
    return text


def port(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise SettingsError(
            f"{name} is {text!r}, which is not a port. Allowed: a whole number from 1 to 65535."
        )
    return int(text)


def rate_limit(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise SettingsError(
            f"{name} is {text!r}, which is not a number of points. "
            "Allowed: a whole number from 1 to 999999999, "
            "the points of cost that one key may use per minute."
        )
    return int(text)


def secret_keys(name: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(parse_key(key) for key in text.replace(",", " ").split())
    except InvalidKeyError:
        raise SettingsError(f"{name} is not a valid key. {ALLOWED_SECRET_KEYS}") from None


def origins(name: str, text: str) -> tuple[str, ...]:
    from strawberry.http.websocket_origin import (
        normalize_origin,
    )  # here because most commands start faster without it

    listed = text.replace(",", " ").split()
    for origin in listed:
        if origin != "*" and normalize_origin(origin) != origin:
            raise SettingsError(
                f"{name} contains {origin!r}, which is not an origin as browsers send it. "
                "Allowed: origins such as "
                "https://app.example.com or http://localhost:5173, separated by commas, or * for all."
            )
    return tuple(listed)


def one_of(allowed: tuple[str, ...]) -> Callable[[str, str], str]:
    def parse(name: str, text: str) -> str:
        if text.lower() not in allowed:
            raise SettingsError(f"{name} is {text!r}. Allowed: {', '.join(allowed)}.")
        return text.lower()

    return parse


def switch(name: str, text: str) -> bool:
    if text.lower() not in SWITCH:
        raise SettingsError(f"{name} is {text!r}. Allowed: on, off.")
    return SWITCH[text.lower()]


def issuer(name: str, text: str) -> str:
    if not is_secure_address(text) or {"?", "#"} & set(text):
        raise SettingsError(
            f"{name} is {text!r}, which is not the address of an issuer. "
            "Allowed: an https:// address without ? and #, "
            "exactly as in the issuer's discovery document, such as https://login.example.com; "
            "http:// only on this machine."
        )
    return text


def one_word(name: str, text: str) -> str:
    if not text.isprintable() or " " in text or len(text) > 255:
        raise SettingsError(
            f"{name} is {text[:80]!r}. Allowed: one word of at most 255 characters, such as pursuit."
        )
    return text
