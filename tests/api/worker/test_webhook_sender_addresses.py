"""Where webhooks are sent to: the address that was looked at, under the host's own name and certificate."""

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

from tests.support.webhooks.receiver import receiving
from tests.support.webhooks.worker import Office, deliveries, office, settled

Resolver = Callable[..., Any]


@pytest.fixture
async def at(own_database: str) -> AsyncIterator[Office]:
    """Where facts are told and sent from."""
    async with office(own_database) as opened:
        yield opened


def standing_for(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """The machine's resolver answers for hooks.example.com with these, one after another; the names it was asked for."""
    asked: list[str] = []
    real, left = socket.getaddrinfo, list(answers)

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


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"]])
async def test_a_name_that_stands_for_an_address_inside_is_not_sent_to(
    at: Office, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    standing_for(monkeypatch, addresses)

    async with receiving() as receiver, at.working(private=False):
        await at.endpoint(f"https://hooks.example.com:{receiver.port}/")
        await at.tell(1)
        await settled(1, status="FAILED")

        assert receiver.got == []
    [row] = await deliveries()
    assert "not of the public internet" in row["last_error"]


async def test_a_name_that_stands_for_another_address_a_moment_later_is_asked_once_and_connected_as_it_was(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = standing_for(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])

    async with receiving() as receiver, at.working():
        kept = await at.endpoint(f"http://hooks.example.com:{receiver.port}/")
        await at.tell(1)
        await receiver.until(1)

    assert kept.secret and receiver.got[0].verified(kept.secret)
    assert receiver.got[0].headers["host"] == f"hooks.example.com:{receiver.port}"
    assert asked == ["hooks.example.com"]


@pytest.mark.parametrize(("named", "status"), [("hooks.example.com", "DELIVERED"), ("other.example.com", "FAILED")])
async def test_a_receiver_has_to_have_the_certificate_of_its_name(
    at: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str, status: str
) -> None:
    standing_for(monkeypatch, ["127.0.0.1"])
    monkeypatch.setenv("SSL_CERT_FILE", str(certified(tmp_path, named)))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")

    async with receiving(tls=server) as receiver, at.working():
        await at.endpoint(f"https://hooks.example.com:{receiver.port}/")
        await at.tell(1)
        await settled(1, status=status)

    [row] = await deliveries()
    assert len(receiver.got) == (1 if status == "DELIVERED" else 0)
    assert row["last_error"] is None or "certificate" in row["last_error"].lower()


def certified(folder: Path, name: str) -> Path:
    """A certificate of the name, by nobody else, and its key."""
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
