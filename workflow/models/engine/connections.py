"""Tortoise's two connection classes, made safe against cancelled requests, with a limit for every wait."""

import asyncio
import random
import sqlite3
import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any, cast

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.asyncpg.client import TransactionWrapper as PostgresTransaction
from tortoise.backends.base.client import (
    ConnectionWrapper,
    NestedTransactionContext,
    PoolConnectionWrapper,
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import IntegrityError, OperationalError

from workflow.models.engine import timeouts
from workflow.models.engine.notify import PostgresNotifier
from workflow.models.engine.row_counts import postgres_rows_changed, sqlite_rows_changed
from workflow.models.engine.row_security import SecuredConnection, bypass_row_security
from workflow.models.engine.sockets import close_when_dead
from workflow.models.engine.sqlite_functions import register_functions
from workflow.models.engine.timeouts import acquire_in_time, finish, raise_unavailable
from workflow.rules.errors import UnavailableError

SYSTEM_CONNECTIONS = 2
"""The connections of a process to PostgreSQL that look credentials up, beside those of the pool."""
OPEN_ATTEMPTS = 50
"""Attempts to open a SQLite file that another process opens at the same time."""


def get_client_class(db_info: dict[str, Any]) -> type["SafeSqlite | SafePostgres"]:
    """Return the connection class for an engine's settings; Tortoise calls this."""
    return SafeSqlite if "file_path" in db_info["credentials"] else SafePostgres


class SafeSqlite(SqliteClient):
    """The only SQLite connection of this process; no other process serves the same file."""

    notifier: PostgresNotifier | None = None

    async def create_connection(self, with_db: bool) -> None:
        """Connect, and close the connection again if a pragma fails."""
        # A connection without its pragmas would not enforce foreign keys. Switching a new file to WAL needs
        # an exclusive lock, for which SQLite does not wait: hence the attempts.
        for _ in range(OPEN_ATTEMPTS):
            try:
                await super().create_connection(with_db)
                return await register_functions(self._connection)
            except BaseException as problem:
                await finish(self.close())
                if "is locked" not in str(problem):
                    raise
            await asyncio.sleep(random.random() * timeouts.WAIT_SECONDS / OPEN_ATTEMPTS)
        raise UnavailableError("The database is too busy: its file is locked by another process.")

    def acquire_connection(self) -> ConnectionWrapper[Any]:
        return BoundedLock(self._lock, self)

    def _in_transaction(self) -> TransactionContext:
        return SafeSqliteContext(SafeSqliteTransaction(self), self._lock)

    async def rows_changed(self, sql: str, values: Sequence[object]) -> int:
        """Run a write and return the number of rows it changed, without those that triggers changed."""
        return await sqlite_rows_changed(self, sql, values)


class SafeSqliteTransaction(SqliteTransactionWrapper):
    """A SQLite transaction that takes the write lock when it begins, so it cannot fail to get it later."""

    def _in_transaction(self) -> TransactionContext:
        # A savepoint needs this class too: Tortoise's own would lack `rows_changed`.
        return NestedTransactionContext(SafeSqliteTransaction(self))

    async def begin(self) -> None:
        try:
            # Tortoise would commit what a cancelled task has left open on the connection.
            if self._connection.in_transaction:
                await self._connection.rollback()
            # A plain BEGIN takes the write lock with the first write, and that fails without waiting if
            # another process has written since the first read.
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as problem:
            raise OperationalError(problem) from problem

    async def commit(self) -> None:
        try:
            await super().commit()
        except sqlite3.IntegrityError as problem:
            await self._connection.rollback()
            raise IntegrityError(problem) from problem

    async def rows_changed(self, sql: str, values: Sequence[object]) -> int:
        """Run a write and return the number of rows it changed, without those that triggers changed."""
        return await sqlite_rows_changed(self, sql, values)


class BoundedLock(ConnectionWrapper[Any]):
    """The SQLite lock for a statement outside a transaction, with a limit for the wait."""

    async def __aenter__(self) -> Any:
        # __aexit__ is not called if __aenter__ fails, so the lock is released here.
        await acquire_in_time(self._lock)
        try:
            await self.ensure_connection()
        except BaseException:
            self._lock.release()
            raise
        return self.connection


class SafeSqliteContext(SqliteTransactionContext):
    """The SQLite lock for a transaction; it is released even if the transaction fails to begin."""

    async def __aenter__(self) -> TransactionalDBClient:
        await acquire_in_time(self._trxlock)
        try:
            await self.ensure_connection()
            await self.connection.begin()
            self.token = get_connections().set(self.connection_name, self.connection)
        except BaseException:
            await finish(self._undo())
            raise
        return cast(TransactionalDBClient, self.connection)

    async def _undo(self) -> None:
        """Queue a rollback behind a BEGIN that may still run in the driver's thread; release the lock."""
        try:
            if self.connection._connection:
                await self.connection._connection.rollback()
        finally:
            self._trxlock.release()


class SafePostgres(AsyncpgDBClient):
    """A pool of PostgreSQL connections; each gets the caller's row identity when it is acquired."""

    connection_class = SecuredConnection
    _system_pool: Any = None
    _empty_since: float | None = None

    @property
    def is_stuck(self) -> bool:
        """True if no connection could be acquired for so long that the process should be restarted."""
        return self._empty_since is not None and time.monotonic() - self._empty_since > timeouts.STUCK_SECONDS

    @cached_property
    def notifier(self) -> PostgresNotifier | None:
        """The notifier that wakes other processes when events were committed."""
        return PostgresNotifier(self._connect_unpooled)

    async def _connect_unpooled(self) -> asyncpg.Connection:
        """Open a connection outside the pool, without a row identity."""
        pool_settings = ("min_size", "max_size", "connection_class")
        settings = {name: value for name, value in self._template.items() if name not in pool_settings}
        # A listener occupies its connection for as long as the process runs, so the pool would have one less.
        connection = await asyncpg.connect(password=self.password, timeout=timeouts.WAIT_SECONDS, **settings)
        close_when_dead(connection)
        return connection

    async def create_pool(self, **settings: Any) -> asyncpg.Pool:
        return await super().create_pool(init=self._prepare_connection, **settings)

    async def _prepare_connection(self, connection: Any) -> None:
        """Let a new connection of a pool end when the other machine is gone."""
        close_when_dead(connection)
        connection.on_timeout = self._end_idle_connections

    def _end_idle_connections(self) -> None:
        """End the connections that wait in the pools: what silenced one has silenced others too."""
        for pool in (self._pool, self._system_pool):
            for holder in pool._holders if pool is not None else ():
                # Not Pool.expire_connections, which closes them politely and so waits for the other end.
                if holder.is_connected() and holder.is_idle():
                    holder.terminate()

    async def close(self) -> None:
        if self.notifier is not None:
            await self.notifier.close()
        if self._system_pool is not None:
            await self._system_pool.close()
        await super().close()

    async def read_as_system(self, sql: str, values: Sequence[object]) -> Sequence[Any]:
        """Run a SELECT over the rows of all organizations, on a connection that is kept for that.

        On a connection of the requests' pool, the row identity would change twice for each request.
        """
        with raise_unavailable(), bypass_row_security():
            if self._system_pool is None:
                self._system_pool = await self._create_system_pool()
            async with self._system_pool.acquire(timeout=timeouts.WAIT_SECONDS) as connection:
                await connection.apply_identity()
                records: Sequence[Any] = await connection.fetch(sql, *values)
                return records

    async def _create_system_pool(self) -> Any:
        settings = {**self._template, "min_size": 0, "max_size": SYSTEM_CONNECTIONS}
        return await self.create_pool(password=self.password, **settings)

    async def check_out(self) -> Any:
        """Acquire a free connection with the caller's row identity.

        Raise UnavailableError if none is free in time.
        """
        with raise_unavailable():
            pool: Any = self._pool
            connection = await self._acquire(pool)
            try:
                # A pooled connection still has the identity of the request that used it last.
                await connection.apply_identity()
            except BaseException:
                await finish(pool.release(connection))
                raise
        return connection

    async def _acquire(self, pool: Any) -> Any:
        """Acquire a connection of a pool, and note since when none could be acquired."""
        try:
            connection = await pool.acquire(timeout=timeouts.WAIT_SECONDS)
        except timeouts.CONNECTION_ERRORS:
            self._empty_since = self._empty_since or time.monotonic()
            raise
        self._empty_since = None
        return connection

    def acquire_connection(self) -> PoolConnectionWrapper[Any]:
        return BoundedPool(self, self._pool_init_lock)

    def _in_transaction(self) -> TransactionContext:
        return SafePostgresContext(SafePostgresTransaction(self), self._pool_init_lock)

    async def _translate_exceptions(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        with raise_unavailable():
            return await super()._translate_exceptions(func, *args, **kwargs)

    async def rows_changed(self, sql: str, values: Sequence[object]) -> int:
        """Run a write and return the number of rows it changed."""
        return await postgres_rows_changed(self, sql, values)


class SafePostgresTransaction(PostgresTransaction):
    """A PostgreSQL transaction that reports a lost connection as UnavailableError."""

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(SafePostgresTransaction(self))

    async def _translate_exceptions(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        with raise_unavailable():
            return await super()._translate_exceptions(func, *args, **kwargs)

    async def commit(self) -> None:
        try:
            with raise_unavailable():
                await super().commit()
        except asyncpg.IntegrityConstraintViolationError as problem:
            raise IntegrityError(problem) from problem

    async def rows_changed(self, sql: str, values: Sequence[object]) -> int:
        """Run a write and return the number of rows it changed."""
        return await postgres_rows_changed(self, sql, values)


class BoundedPool(PoolConnectionWrapper[Any]):
    """A pooled connection for a statement outside a transaction, with a limit for the wait."""

    async def __aenter__(self) -> Any:
        with raise_unavailable():
            await self.ensure_connection()
        self.connection = await cast(SafePostgres, self.client).check_out()
        return self.connection


class SafePostgresContext(TransactionContextPooled):
    """A pooled connection for a transaction; it is released even if the transaction fails to begin."""

    async def __aenter__(self) -> TransactionalDBClient:
        client: Any = self.client
        with raise_unavailable():
            await self.ensure_connection()
        client._connection = await client._parent.check_out()
        # Set only now: statements of this context would otherwise use a client without a connection.
        self.token = get_connections().set(self.connection_name, client)
        try:
            await client.begin()
        except BaseException:
            get_connections().reset(self.token)
            await finish(client._parent._pool.release(client._connection))
            raise
        return cast(TransactionalDBClient, client)

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        with raise_unavailable():
            await super().__aexit__(exc_type, exc_val, exc_tb)
