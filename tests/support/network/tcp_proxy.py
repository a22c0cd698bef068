"""A TCP proxy for tests, whose connections can go dark: they stay open, and nothing passes any more.

It can also act as a server that is suspended, and as one that has stopped.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class TcpProxy:
    """Forwards connections to one address."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._light = asyncio.Event()
        self._light.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._is_suspended = False
        self._is_stopped = False
        self.port = 0
        self.opened = 0
        """Connections that were opened so far."""

    def darken(self) -> None:
        """Let nothing pass any more on the connections that are open now."""
        self._light.clear()
        self._light = asyncio.Event()
        self._light.set()

    def suspend(self) -> None:
        """Let nothing pass on new connections either."""
        self.darken()
        self._is_suspended = True

    def stop(self) -> None:
        """Close all connections, and every new one at once."""
        self._is_stopped = True
        for writer in self._writers:
            writer.transport.abort()

    def resume(self) -> None:
        """Forward new connections again."""
        self._is_suspended = False
        self._is_stopped = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator["TcpProxy"]:
        """Forward connections until the end."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        if self._is_stopped:
            writer.transport.abort()
            return
        light = asyncio.Event() if self._is_suspended else self._light
        other_reader, other_writer = await asyncio.open_connection(*self._address)
        self._writers |= {writer, other_writer}
        for source, target in ((reader, other_writer), (other_reader, writer)):
            task = asyncio.create_task(_forward(source, target, light))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _forward(source: asyncio.StreamReader, target: asyncio.StreamWriter, light: asyncio.Event) -> None:
    # A connection ends by a reset when the proxy stops.
    with suppress(OSError):
        await _forward_to_the_end(source, target, light)


async def _forward_to_the_end(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, light: asyncio.Event
) -> None:
    try:
        while data := await source.read(65536):
            if not light.is_set():
                # Read on, so that the sender sees an open connection that acknowledges all it sends.
                continue
            target.write(data)
            await target.drain()
    finally:
        if light.is_set():
            with suppress(OSError, RuntimeError):
                target.close()


@asynccontextmanager
async def proxied(url: str, **parameters: str) -> AsyncIterator[tuple[TcpProxy, str]]:
    """Run a proxy before a PostgreSQL, and yield it with the URL of the database through it."""
    parts = urlsplit(url)
    assert parts.hostname is not None and parts.port is not None
    async with TcpProxy(parts.hostname, parts.port).running() as proxy:
        user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        query = "&".join(f"{name}={text}" for name, text in parameters.items())
        yield proxy, parts._replace(netloc=f"{user}127.0.0.1:{proxy.port}", query=query).geturl()
