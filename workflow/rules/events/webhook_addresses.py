"""Where a webhook may be sent: to https addresses of the public internet, and to nothing inside ours.

A name is judged twice: as it is written, when the endpoint is made, and by every address it stands for, right before each
connection, which then goes to that very address.
"""

import socket
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

MAX_URL_LENGTH = 2048
DEFAULT_PORTS = {"https": 443, "http": 80}
FIRST_UNPRIVILEGED_PORT = 1024
"""Below it stand the services of machines, of which only the web's own are let."""
WEB_PORTS = frozenset({80, 443})
RESERVED_IPV4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "240.0.0.0/4",
    )
)
"""Named one by one: Pythons before 3.11.10 and 3.12.4 take some of them for global (CVE-2024-4032)."""
RESERVED_IPV6 = tuple(IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"))
"""Ways to write an IPv4 address as one of IPv6: NAT64, Teredo, 6to4."""
INTERNAL_NAMES = ("localhost", "local", "internal", "intranet", "home.arpa")


@dataclass(frozen=True, slots=True)
class WebhookUrl:
    """What an address names: the host as it is written, the port, and the rest."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the header Host has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


class UnsafeUrlError(ValueError):
    """Why a webhook cannot be sent there, as a sentence with the remedy."""


def parse_webhook_url(url: str, *, allow_private: bool) -> WebhookUrl:
    """What the address names; Unfit where it cannot be a receiver's. With `private` also http, and addresses of one's own network."""
    if len(url) > MAX_URL_LENGTH:
        raise UnsafeUrlError(f"The address has {len(url):,} characters; at most {MAX_URL_LENGTH:,} fit.")
    if any(sign <= " " or sign == "\x7f" or sign == "\\" for sign in url) or not url.isascii():
        raise UnsafeUrlError(
            "The address holds a space, a backslash or a letter beyond ASCII. Write it percent-encoded, and the host as xn--…"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnsafeUrlError("This is no address. Write it as https://example.com/hook.") from None
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes:
        raise UnsafeUrlError("A webhook goes to an https:// address, so that nobody on the way reads it.")
    host = _parse_host(parts)
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if not allow_private:
        if port < FIRST_UNPRIVILEGED_PORT and port not in WEB_PORTS:
            raise UnsafeUrlError(f"Port {port} is no web server's. Use 443, or one from {FIRST_UNPRIVILEGED_PORT} on.")
        _reject_internal(host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebhookUrl(parts.scheme, host, port, path)


def choose_address(addresses: Collection[str], *, allow_private: bool) -> str:
    """The address to connect to, of all that a name stands for; Unfit where any of them is inside."""
    if not addresses:
        raise UnsafeUrlError("The host's name stands for no address.")
    if not allow_private:
        for address in addresses:
            if not is_public(address.partition("%")[0]):
                raise UnsafeUrlError("The host stands for an address that is not of the public internet.")
    return min(addresses, key=lambda address: (":" in address, address))


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public internet, however it is written as IPv6."""
    address = ip_address(text)
    reserved: tuple[IPv4Network | IPv6Network, ...] = RESERVED_IPV4
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        reserved = RESERVED_IPV6
    if any(address in network for network in reserved if network.version == address.version):
        return False
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    return address.is_global and not special


def _parse_host(parts: SplitResult) -> str:
    if "@" in parts.netloc:
        raise UnsafeUrlError("The address holds a user or a password. Leave them out; each request is signed.")
    host = parts.hostname or ""
    if not host or host.endswith(".") or "%" in host:
        raise UnsafeUrlError(
            "The address names no host, or one that ends in a dot. Write it as https://example.com/hook."
        )
    return host


def _reject_internal(host: str) -> None:
    """Refuse what is inside by its writing alone: addresses in any spelling, and names that only an own network knows."""
    if any(host == name or host.endswith(f".{name}") for name in INTERNAL_NAMES):
        raise UnsafeUrlError(f"`{host[:80]}` is a name of an own network. A webhook goes to the public internet.")
    address = _ip_literal(host)
    if address is not None and not is_public(str(address)):
        raise UnsafeUrlError(f"`{host[:80]}` is no address of the public internet.")


def _ip_literal(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is, in all the spellings that a resolver takes: 127.1, 0x7f.1, 0177.0.0.1, 2130706433."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None
