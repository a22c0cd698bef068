"""The real `pursuit` in tests: its commands, and servers as processes of their own."""

import asyncio
import base64
import os
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx

ROOT = Path(__file__).resolve().parents[2]
SECRET_KEY = base64.b64encode(b"k" * 32).decode()
"""A secret key, which PostgreSQL requires."""
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Tests use no TLS, and loading the authorities would take 50 ms per client."""


@dataclass(frozen=True)
class CommandResult:
    """The output and the exit code of a command."""

    code: int
    out: str
    err: str


class GraphQLClient(Protocol):
    """A server that answers GraphQL requests with API keys."""

    async def ask(self, api_key: str, query: str, **variables: Any) -> dict[str, Any]:
        """Return the answer to one request."""


@dataclass(frozen=True)
class Server:
    """A server process."""

    base_url: str
    process: asyncio.subprocess.Process | None = None
    logs: list[str] = field(default_factory=list)
    """The logs of the process, after it has ended."""

    def client(self, api_key: str | None = None, **headers: str) -> httpx.AsyncClient:
        """Return a client that sends the key with every request."""
        credentials = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        return httpx.AsyncClient(
            base_url=self.base_url, headers={**credentials, **headers}, timeout=30, verify=NO_TLS
        )

    async def ask(self, api_key: str, query: str, **variables: Any) -> dict[str, Any]:
        """Return the answer to one GraphQL request, without its costs."""
        async with self.client(api_key) as client:
            answer = await client.post("/graphql", json={"query": query, "variables": variables})
        body: dict[str, Any] = answer.json()
        del body["extensions"]
        return body


async def pursuit(*arguments: str, cwd: Path = ROOT, environ: dict[str, str] | None = None) -> CommandResult:
    """Run one command to its end."""
    process = await _start(arguments, cwd, environ or {})
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return CommandResult(code=process.returncode or 0, out=out.decode(), err=err.decode())


@asynccontextmanager
async def serving(url: str, **environ: str) -> AsyncIterator[Server]:
    """Run `pursuit serve` on a migrated database, without the worker unless the environment enables it."""
    port = int(environ.get("PORT") or free_port())
    environment = {"PURSUIT_DATABASE_URL": url, "PURSUIT_WORKER": "off", **environ}
    process = await _start(("serve", "--port", str(port)), ROOT, environment)
    output = asyncio.ensure_future(process.communicate())
    server = Server(base_url=f"http://127.0.0.1:{port}", process=process)
    try:
        await _wait_until_healthy(f"http://127.0.0.1:{port}/healthz", output)
        yield server
    finally:
        if process.returncode is None:
            process.terminate()
        server.logs.append((await asyncio.wait_for(output, 30))[1].decode())


@asynccontextmanager
async def worker(
    url: str, logs: list[str] | None = None, **environ: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `pursuit worker` on a migrated database, and collect its log in `logs`."""
    environment = {"PURSUIT_DATABASE_URL": url, "PURSUIT_WEBHOOK_ALLOW_PRIVATE": "on", **environ}
    process = await _start(("worker",), ROOT, environment)
    assert process.stdout is not None
    first_line = await asyncio.wait_for(process.stdout.readline(), 60)
    output = asyncio.ensure_future(process.communicate())
    try:
        assert b"The worker is running" in first_line, first_line
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        ended = await asyncio.wait_for(output, 30)
        (logs if logs is not None else []).append(ended[1].decode())


async def _start(
    arguments: tuple[str, ...], cwd: Path, environ: dict[str, str]
) -> asyncio.subprocess.Process:
    inherited = {
        name: text for name, text in os.environ.items() if not name.startswith("PURSUIT_") and name != "PORT"
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api", *arguments),
        cwd=cwd,
        env={
            **inherited,
            "PURSUIT_SECRET_KEY": SECRET_KEY,
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "200",
            "NO_COLOR": "1",
            **environ,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def _wait_until_healthy(address: str, talk: "asyncio.Future[tuple[bytes, bytes]]") -> None:
    async with asyncio.timeout(60), httpx.AsyncClient(verify=NO_TLS) as client:
        while True:
            if talk.done():
                raise AssertionError(f"The server ended: {talk.result()[1].decode()}")
            try:
                await client.get(address)
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
