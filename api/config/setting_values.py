"""What a setting may be: each kind of value, read from its text or refused with what is allowed."""

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from api.config.secret_key import InvalidKeyError, parse_key

SWITCH = {"on": True, "off": False}

ALLOWED_SECRET_KEYS = (
    "Allowed: 32 random bytes as base64, such as `openssl rand -base64 32` prints, the same in every process; after a comma "
    "those that it was before, which still open what was kept under them."
)


class SettingsError(Exception):
    """A setting's name, its value's fault, and what is allowed."""


def is_secure_address(address: str) -> bool:
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


def database_url(name: str, text: str) -> str:
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


def host(name: str, text: str) -> str:
    if any(character.isspace() or character == "/" for character in text):
        raise SettingsError(
            f"{name} is {text!r}, which is no address. Allowed: a host name or IP address, such as 0.0.0.0."
        )
    return text


def port(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise SettingsError(f"{name} is {text!r}, which is no port. Allowed: a whole number from 1 to 65535.")
    return int(text)


def rate_limit(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise SettingsError(
            f"{name} is {text!r}, which is no number of points. Allowed: a whole number from 1 to 999999999; a key may ask "
            "for so many points of cost in a minute."
        )
    return int(text)


def secret_keys(name: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(parse_key(key) for key in text.replace(",", " ").split())
    except InvalidKeyError:
        raise SettingsError(f"{name} is no key. {ALLOWED_SECRET_KEYS}") from None


def origins(name: str, text: str) -> tuple[str, ...]:
    from strawberry.http.websocket_origin import normalize_origin  # here, for most commands start faster without it

    given = text.replace(",", " ").split()
    for origin in given:
        if origin != "*" and normalize_origin(origin) != origin:
            raise SettingsError(
                f"{name} holds {origin!r}, which is no origin as browsers write it. Allowed: origins such as "
                "https://app.example.com or http://localhost:5173, with commas between, or * for every page there is."
            )
    return tuple(given)


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
            f"{name} is {text!r}, which is no issuer's address. Allowed: an https:// address without ? and #, written "
            "as the issuer writes it in its discovery document, such as https://login.example.com; http:// on this machine alone."
        )
    return text


def one_word(name: str, text: str) -> str:
    if not text.isprintable() or " " in text or len(text) > 255:
        raise SettingsError(f"{name} is {text[:80]!r}. Allowed: one word of at most 255 characters, such as pursuit.")
    return text
