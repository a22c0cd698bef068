"""A receiver of webhooks: a real HTTP server that records requests and answers as a test says."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from standardwebhooks import Webhook

OK = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
NO_ANSWER = b"no answer"
"""The request is never answered."""
DISCONNECT = b"disconnect"
"""The connection is closed without an answer."""


def http_response(status: int, *headers: str, text: str = "") -> bytes:
    """Return an HTTP response as it is sent."""
    lines = [
        f"HTTP/1.1 {status} So",
        *headers,
        f"Content-Length: {len(text.encode())}",
        "Connection: close",
        "",
        text,
    ]
    return "\r\n".join(lines).encode()


@dataclass(frozen=True)
class ReceivedRequest:
    """One received request."""

    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> dict[str, object]:
        """Return the message if the library of the standard accepts its signature; raise otherwise."""
        message: dict[str, object] = Webhook(secret).verify(self.body, self.headers)
        return message


@dataclass
class Receiver:
    """A receiver with its port, its recorded requests and its answers."""

    port: int = 0
    requests: list[ReceivedRequest] = field(default_factory=list)
    respond: Callable[[ReceivedRequest], bytes] = lambda sent: OK
    delay: float = 0.0

    @property
    def url(self) -> str:
        """The address."""
        return f"http://127.0.0.1:{self.port}/hook?of=test"

    async def wait_for(self, count: int, seconds: float = 20) -> None:
        """Wait for a number of requests."""
        have = -1
        while len(self.requests) < count and have < len(self.requests):
            have = len(self.requests)
            for _ in range(int(seconds / 0.02)):
                if len(self.requests) > have:
                    break
                await asyncio.sleep(0.02)
        assert len(self.requests) >= count, [sent.body[:200] for sent in self.requests]


@asynccontextmanager
async def running_receiver(
    respond: Callable[[ReceivedRequest], bytes] = lambda sent: OK, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """Run a receiver on a port of its own."""
    receiver = Receiver(respond=respond)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            sent = await _read_request(reader)
            receiver.requests.append(sent)
            response = receiver.respond(sent)
            await asyncio.sleep(receiver.delay)
            if response == NO_ANSWER:
                await reader.read()
            elif response != DISCONNECT:
                writer.write(response)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


async def _read_request(reader: asyncio.StreamReader) -> ReceivedRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return ReceivedRequest(head[0].split(" ")[1], headers, body)
