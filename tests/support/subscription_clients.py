"""Clients of subscriptions: WebSockets with graphql-transport-ws, and Server-Sent Events."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.serving import Server, free_port

PROTOCOL = "graphql-transport-ws"
TIMEOUT = 10.0
"""Seconds after which a message counts as never sent."""
CHANGED = "subscription($id: ID!) { opportunityChanged(id: $id) { name version owner { name } } }"
RENAME = (
    "mutation($id: ID!, $name: String!) { updateOpportunity(input: {id: $id, name: $name}) { __typename } }"
)


@dataclass(frozen=True)
class SocketClient:
    """A client of one open WebSocket."""

    connection: ClientConnection

    async def send(self, type: str, **rest: Any) -> None:
        """Send one message."""
        await self.connection.send(json.dumps({"type": type, **rest}))

    async def receive(self) -> dict[str, Any]:
        """Return the next message."""
        async with asyncio.timeout(TIMEOUT):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def authenticate(self, api_key: str) -> None:
        """Send the API key, and wait for the acknowledgment."""
        await self.send("connection_init", payload={"authorization": f"Bearer {api_key}"})
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, id: str, query: str, /, **variables: Any) -> None:
        """Start an operation."""
        await self.send("subscribe", id=id, payload={"query": query, "variables": variables})

    async def close_code(self) -> int:
        """Return the close code of the socket, ignoring earlier messages."""
        async with asyncio.timeout(TIMEOUT):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0


@asynccontextmanager
async def connect_socket(
    base_url: str, *, protocol: str = PROTOCOL, **headers: str
) -> AsyncIterator[SocketClient]:
    """Open a WebSocket without credentials."""
    address = base_url.replace("http://", "ws://") + "/graphql"
    subprotocols: Any = [protocol]  # a NewType of the library's
    async with connect(address, subprotocols=subprotocols, additional_headers=headers) as connection:
        yield SocketClient(connection)


@asynccontextmanager
async def open_stream(
    client: httpx.AsyncClient, query: str, /, headers: Mapping[str, str] | None = None, **variables: Any
) -> AsyncIterator[AsyncIterator[Any]]:
    """Yield the responses of one stream as they arrive, and None for its end."""
    body = {"query": query, "variables": variables}
    accept = {"Accept": "text/event-stream"}
    async with client.stream("POST", "/graphql", json=body, headers={**accept, **(headers or {})}) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            "text/event-stream; charset=utf-8",
        )
        yield _events(answer)


async def _events(answer: httpx.Response) -> AsyncIterator[Any]:
    event = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data:"):
            yield json.loads(line.removeprefix("data: ")) if event == "next" else None


@asynccontextmanager
async def serving_in_process(app: Starlette) -> AsyncIterator[Server]:
    """Serve an application over real HTTP in this process, where a test can change its settings."""
    port = free_port()
    server = _SignallingServer(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await server.is_up.wait()
    try:
        yield Server(base_url=f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        await task


class _SignallingServer(uvicorn.Server):
    """A server that signals when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.is_up.set()
