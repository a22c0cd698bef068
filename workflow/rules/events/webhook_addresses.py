"""Addresses to which a webhook may be sent: https on the public internet, and nothing inside our own network.

A host is checked twice: as it is written, when the endpoint is created, and by every address that it resolves
to, right before each connection. The connection uses the checked address: a second lookup could give another.
"""

import socket
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

MAX_URL_LENGTH = 2048
DEFAULT_PORTS = {"https": 443, "http": 80}
FIRST_UNPRIVILEGED_PORT = 1024
"""Lowest port without privileges; of the ports below it, only those of the web are allowed."""
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
"""Listed explicitly: Python before 3.11.10 and 3.12.4 treats some of them as global (CVE-2024-4032)."""
RESERVED_IPV6 = tuple(
    IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
)
"""IPv6 ranges that embed IPv4 addresses: NAT64, Teredo, 6to4."""
INTERNAL_NAMES = ("localhost", "local", "internal", "intranet", "home.arpa")


@dataclass(frozen=True, slots=True)
class WebhookUrl:
    """Parts of a webhook's URL."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Return host and port as in the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


class UnsafeUrlError(ValueError):
    """A webhook cannot be sent to the URL; the message says why, and what to do."""


def parse_webhook_url(url: str, *, allow_private: bool) -> WebhookUrl:
    """Parse the URL of a webhook; UnsafeUrlError if it is not allowed.

    `allow_private` also allows http, and addresses in the own network.
    """
    if len(url) > MAX_URL_LENGTH:
        raise UnsafeUrlError(
            f"The address has {len(url):,} characters; at most {MAX_URL_LENGTH:,} are allowed."
        )
    if any(character <= " " or character in "\x7f\\" for character in url) or not url.isascii():
        raise UnsafeUrlError(
            "The address contains a space, a backslash or a non-ASCII character. "
            "Use percent encoding, and the xn--… form of the host."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnsafeUrlError("This is not an address. Write it like https://example.com/hook.") from None
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes:
        raise UnsafeUrlError("A webhook needs an https:// address, so that no one on the way can read it.")
    host = _parse_host(parts)
    port = DEFAULT_PORTS[parts.scheme] if port is None else port
    if not allow_private:
        if port < FIRST_UNPRIVILEGED_PORT and port not in WEB_PORTS:
            raise UnsafeUrlError(
                f"Port {port} is not allowed. Use 443, or a port from {FIRST_UNPRIVILEGED_PORT}."
            )
        _reject_internal(host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebhookUrl(parts.scheme, host, port, path)


def choose_address(addresses: Collection[str], *, allow_private: bool) -> str:
    """Return the address to connect to, of those of a host; UnsafeUrlError if one of them is internal."""
    if not addresses:
        raise UnsafeUrlError("The host does not resolve to any address.")
    if not allow_private:
        # All of them: a host that mixes public and internal addresses is a known way to reach the inside.
        for address in addresses:
            if not is_public(address.partition("%")[0]):
                raise UnsafeUrlError("The host resolves to an address that is not on the public internet.")
    # IPv4 first, as it is reachable from more networks; sorted, so that the resolver's order does not matter.
    return min(addresses, key=lambda address: (":" in address, address))


def is_public(text: str) -> bool:
    """Return True if an IP address, or the IPv4 address embedded in it, is on the public internet."""
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
        raise UnsafeUrlError(
            "The address contains a user name or a password. Leave them out; each request is signed."
        )
    host = parts.hostname or ""
    if not host or host.endswith(".") or "%" in host:
        raise UnsafeUrlError(
            "The address has no host, or a host that ends with a dot. Write it like https://example.com/hook."
        )
    return host


def _reject_internal(host: str) -> None:
    """Refuse a host that is an internal address, in any notation, or a name of a private network."""
    if any(host == name or host.endswith(f".{name}") for name in INTERNAL_NAMES):
        raise UnsafeUrlError(
            f"`{host[:80]}` is a name in a private network. Use a host on the public internet."
        )
    address = _ip_literal(host)
    if address is not None and not is_public(str(address)):
        raise UnsafeUrlError(f"`{host[:80]}` is not an address on the public internet. Use a host that is.")


def _ip_literal(host: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a host is, in any notation of resolvers: 127.1, 0x7f.1, 2130706433."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    # The C library accepts octal, hexadecimal and shortened notations, which `ip_address` refuses.
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None
