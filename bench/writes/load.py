"""Load on a server: writers that send one request after the other, each on a deal of its own."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from workflow.models.columns import new_id

Send = Callable[[int], Awaitable[None]]
"""Sends the request with a number."""

LOCK = "SELECT version FROM opportunity WHERE id = $1 FOR UPDATE"
UPDATE = "UPDATE opportunity SET name = $2, name_folded = $3, version = $4, updated_at = now() WHERE id = $1"
INSERT = """INSERT INTO event (id, organization_id, epoch, xid, aggregatetype, aggregateid, type, payload, at,
        actor_kind, actor_name)
    SELECT $1, $2, epoch, pg_current_xact_id()::text::bigint, 'opportunity', $3, 'opportunity.updated', $4,
        now(), 'SYSTEM', 'Benchmark' FROM feed_epoch"""


async def requests_per_second(writers: Sequence[Send], turns: int) -> float:
    """Return the requests of all writers together in each second, while each sends so many in turn."""

    async def write(send: Send) -> None:
        for number in range(turns):
            await send(number)

    started = perf_counter()
    await asyncio.gather(*map(write, writers))
    return len(writers) * turns / (perf_counter() - started)


class HttpWriter:
    """Sends GraphQL requests on one connection; a client library would take as much time as the server."""

    def __init__(self, address: str, api_key: str) -> None:
        self._parts = urlsplit(address)
        self._api_key = api_key
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the result of a mutation."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        reader, writer = self._streams
        body = json.dumps({"query": query, "variables": variables}).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: {self._parts.netloc}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self._api_key}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        headers = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        [length] = [line.split(":")[1] for line in headers.splitlines() if line.startswith("content-length")]
        answer = json.loads(await reader.readexactly(int(length)))
        if "errors" in answer:
            raise AssertionError(answer)
        [result] = answer["data"].values()
        return dict(result)

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()


async def handwritten_writer(url: str, organization_id: UUID, deal: UUID) -> tuple[asyncpg.Connection, Send]:
    """Return a connection, and a function that locks a deal, renames it and inserts an event."""
    connection = await asyncpg.connect(url)

    async def send(number: int) -> None:
        async with connection.transaction():
            version = await connection.fetchval(LOCK, deal)
            name = f"Deal {number}"
            await connection.execute(UPDATE, deal, name, name.lower(), version + 1)
            payload = json.dumps({"opportunityId": str(deal), "version": version + 1})
            await connection.execute(INSERT, new_id(), organization_id, deal, payload)

    return connection, send
