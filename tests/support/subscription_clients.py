"""Clients that stay: a WebSocket that speaks graphql-transport-ws, and a stream of server-sent events."""

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
PATIENCE = 10.0
"""Seconds after which what was not said counts as never said."""
CHANGED = "subscription($id: ID!) { opportunityChanged(id: $id) { name version owner { name } } }"
RENAME = "mutation($id: ID!, $name: String!) { updateOpportunity(input: {id: $id, name: $name}) { __typename } }"


@dataclass(frozen=True)
class SocketClient:
    """One open socket."""

    connection: ClientConnection

    async def say(self, type: str, **rest: Any) -> None:
        """Send one message."""
        await self.connection.send(json.dumps({"type": type, **rest}))

    async def heard(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(PATIENCE):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def let_in(self, api_key: str) -> None:
        """Say who it is, and be let in."""
        await self.say("connection_init", payload={"authorization": f"Bearer {api_key}"})
        assert await self.heard() == {"type": "connection_ack"}

    async def ask(self, id: str, query: str, /, **variables: Any) -> None:
        """Begin an operation."""
        await self.say("subscribe", id=id, payload={"query": query, "variables": variables})

    async def end(self) -> int:
        """The code that the socket is closed with; what is said before is not listened to."""
        async with asyncio.timeout(PATIENCE):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0


@asynccontextmanager
async def socket(base_url: str, *, protocol: str = PROTOCOL, **headers: str) -> AsyncIterator[SocketClient]:
    """A socket on a server, nobody's yet."""
    address = base_url.replace("http://", "ws://") + "/graphql"
    subprotocols: Any = [protocol]  # a NewType of the library's
    async with connect(address, subprotocols=subprotocols, additional_headers=headers) as connection:
        yield SocketClient(connection)


@asynccontextmanager
async def stream(
    client: httpx.AsyncClient, query: str, /, headers: Mapping[str, str] | None = None, **variables: Any
) -> AsyncIterator[AsyncIterator[Any]]:
    """The answers of one stream as they come; the last is None, where it says that it is complete."""
    body, accept = {"query": query, "variables": variables}, {"Accept": "text/event-stream"}
    async with client.stream("POST", "/graphql", json=body, headers={**accept, **(headers or {})}) as answer:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        yield _events(answer)


async def _events(answer: httpx.Response) -> AsyncIterator[Any]:
    event = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data:"):
            yield json.loads(line.removeprefix("data: ")) if event == "next" else None


@asynccontextmanager
async def serving_here(app: Starlette) -> AsyncIterator[Server]:
    """The application over real HTTP, in this process, where a test may change what it holds to."""
    port = free_port()
    server = _Started(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    going = asyncio.create_task(server.serve())
    await server.is_up.wait()
    try:
        yield Server(base_url=f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        await going


class _Started(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.is_up.set()
