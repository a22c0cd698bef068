"""Addresses of webhooks: a request goes to the checked address, with the host's name and certificate."""

import socket
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.webhooks.receiver import running_receiver
from tests.support.webhooks.worker import (
    WebhookOrganization,
    deliveries,
    wait_for_deliveries,
    webhook_organization,
)

Resolver = Callable[..., Any]


@pytest.fixture
async def webhooks(own_database: str) -> AsyncIterator[WebhookOrganization]:
    """Yield an organization with webhooks."""
    async with webhook_organization(own_database) as opened:
        yield opened


def resolve_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Resolve hooks.example.com to these addresses, one after another; return the requested names."""
    asked: list[str] = []
    real = socket.getaddrinfo
    left = list(answers)

    def resolve(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
        if host != "hooks.example.com":
            return real(host, port, *arguments, **named)
        asked.append(host)
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(_family(address), socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"]]
)
async def test_a_host_that_resolves_to_a_private_address_is_not_contacted(
    webhooks: WebhookOrganization, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    resolve_to(monkeypatch, addresses)

    async with running_receiver() as receiver, webhooks.running_worker(private=False):
        await webhooks.endpoint(f"https://hooks.example.com:{receiver.port}/")
        await webhooks.create_accounts(1)
        await wait_for_deliveries(1, status="FAILED")

        assert receiver.requests == []
    [row] = await deliveries()
    assert "not on the public internet" in row["last_error"]


async def test_a_host_is_resolved_once_and_connected_to_the_checked_address(
    webhooks: WebhookOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolve_to(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])

    async with running_receiver() as receiver, webhooks.running_worker():
        endpoint = await webhooks.endpoint(f"http://hooks.example.com:{receiver.port}/")
        await webhooks.create_accounts(1)
        await receiver.wait_for(1)

    assert endpoint.secret and receiver.requests[0].verified(endpoint.secret)
    assert receiver.requests[0].headers["host"] == f"hooks.example.com:{receiver.port}"
    assert asked == ["hooks.example.com"]


@pytest.mark.parametrize(
    ("named", "status"), [("hooks.example.com", "DELIVERED"), ("other.example.com", "FAILED")]
)
async def test_a_receiver_needs_a_certificate_for_its_host_name(
    webhooks: WebhookOrganization, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str, status: str
) -> None:
    resolve_to(monkeypatch, ["127.0.0.1"])
    monkeypatch.setenv("SSL_CERT_FILE", str(create_certificate(tmp_path, named)))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")

    async with running_receiver(tls=server) as receiver, webhooks.running_worker():
        await webhooks.endpoint(f"https://hooks.example.com:{receiver.port}/")
        await webhooks.create_accounts(1)
        await wait_for_deliveries(1, status=status)

    [row] = await deliveries()
    assert len(receiver.requests) == (1 if status == "DELIVERED" else 0)
    assert row["last_error"] is None or "certificate" in row["last_error"].lower()


def create_certificate(folder: Path, name: str) -> Path:
    """Create a self-signed certificate for the name, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(
            who, who, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    written = folder / "certificate.pem"
    written.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*plain))
    return written
