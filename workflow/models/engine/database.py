"""The database: its configuration, opening it, and SQL on it.

Every transaction goes through `transaction`.
"""

import importlib
import pkgutil
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from math import ceil
from typing import Any, Literal, TypeVar
from uuid import UUID

from tortoise.backends.base.config_generator import expand_db_url
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.models import Model

from workflow.models.engine.connections import SafePostgres, SafeSqlite
from workflow.models.engine.holding import held_connection, hold_connection
from workflow.models.engine.row_security import act_as_organization, bypass_row_security
from workflow.models.engine.single_process import DatabaseInUse, single_process
from workflow.models.engine.sockets import KEEPALIVE_SETTINGS
from workflow.models.engine.timeouts import COMMAND_SECONDS, IDLE_SECONDS
from workflow.models.engine.transactions import CONNECTION, drain, transaction

__all__ = [
    "DatabaseInUse",
    "Dialect",
    "Record",
    "act_as_organization",
    "bypass_row_security",
    "dialect",
    "drain",
    "execute",
    "execute_many",
    "fetch",
    "is_stuck",
    "listen_for_notifications",
    "one_connection",
    "open_database",
    "read",
    "read_as_system",
    "read_consistently",
    "read_prepared",
    "single_process",
    "tortoise_config",
    "transaction",
]

T = TypeVar("T")
Dialect = Literal["sqlite", "postgres"]
Record = Mapping[str, Any]  # Any: values of the columns
"""A row as a driver returns it; only its items by name are used."""

APP = "pursuit"
MIGRATIONS = "migrations"
ENGINE = "workflow.models.engine.connections"
# With WAL, other processes can read while this one writes. FULL, because a power failure could otherwise undo
# the last commits.
SQLITE_PRAGMAS = {"busy_timeout": 5000, "journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "ON"}
# A process that is suspended inside a transaction would hold its row locks until it continues: hence the
# limit for idle transactions.
POSTGRES_SETTINGS = {
    "timezone": "UTC",
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "60000",
    "application_name": "pursuit",
    **KEEPALIVE_SETTINGS,
}


def tortoise_config(url: str, *, serving: bool = False) -> dict[str, Any]:
    """Return Tortoise's settings for a URL: sqlite://path or postgres://user:password@host:port/name.

    A serving process has a limit for each statement; a command may read the whole database in one.
    """
    return {
        "connections": {CONNECTION: _connection_settings(url, serving)},
        "apps": {
            APP: {"models": _model_modules(), "migrations": MIGRATIONS, "default_connection": CONNECTION}
        },
        "use_tz": True,
        "timezone": "UTC",
    }


def _connection_settings(url: str, serving: bool) -> dict[str, Any]:
    """Return the settings of a connection, with SQLite's pragmas or PostgreSQL's time limits."""
    credentials: dict[str, Any] = expand_db_url(url)["credentials"]
    if "file_path" in credentials:
        return {"engine": ENGINE, "credentials": {"file_path": credentials["file_path"], **SQLITE_PRAGMAS}}
    pooled: dict[str, Any] = {"minsize": 1, "maxsize": 10, **credentials}
    server_settings = dict(POSTGRES_SETTINGS)
    seconds = float(credentials.get("command_timeout", COMMAND_SECONDS))
    pooled["command_timeout"] = seconds if serving else None
    if serving:
        # PostgreSQL's limit is shorter, so that a slow statement does not cost its connection.
        server_settings["statement_timeout"] = str(ceil(seconds * 900))
        server_settings["idle_in_transaction_session_timeout"] = str(IDLE_SECONDS * 1000)
    return {"engine": ENGINE, "credentials": {**pooled, "server_settings": server_settings}}


@asynccontextmanager
async def open_database(url: str, *, all_contexts: bool = True, serving: bool = False) -> AsyncIterator[None]:
    """Open the database, and close it after the last transaction has ended.

    With `all_contexts` it is open in every context, as requests need it; only one database at a time can be.
    The caller can read every organization; a request cannot read any until it acts as one.
    """
    context = TortoiseContext()
    try:
        with bypass_row_security():
            with context:
                await context.init(
                    config=tortoise_config(url, serving=serving), _enable_global_fallback=all_contexts
                )
                # Tortoise connects with the first statement, so that a wrong URL fails here and not in a
                # request.
                await fetch("SELECT 1")
            with nullcontext() if all_contexts else context:
                yield
    finally:
        # Transactions outlive their cancelled requests, and need the connection until they end.
        await drain()
        await context.close_connections()


async def read_consistently(read: Callable[[], Awaitable[T]]) -> T:
    """Read one consistent state of the database without blocking writers of other processes.

    For commands: on SQLite the only connection of this process is busy until the read ends.
    """
    if dialect() == "postgres":
        return await transaction(lambda: _repeatable_read(read))
    # Not IMMEDIATE: the read sees one state of the file and takes no write lock.
    await fetch("BEGIN")
    try:
        return await read()
    finally:
        await fetch("ROLLBACK")


async def _repeatable_read(read: Callable[[], Awaitable[T]]) -> T:
    # PostgreSQL accepts this only before the first query of the transaction.
    await execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    return await read()


def is_stuck() -> bool:
    """Return True if the pool of connections has given none for a long time, although asked."""
    connection = _connection()
    return isinstance(connection, SafePostgres) and connection.is_stuck


def dialect() -> Dialect:
    """Return the kind of the open database."""
    return "sqlite" if _connection().capabilities.dialect == "sqlite" else "postgres"


async def fetch(sql: str, *values: object) -> list[dict[str, Any]]:
    """Run a statement with placeholders $1, $2 …, in the current transaction if there is one.

    Return its rows.
    """
    connection = _connection()
    rows: list[dict[str, Any]] = await connection.execute_query_dict(*_adapt(connection, sql, values))
    return rows


async def read(sql: str, *values: object) -> Sequence[Record]:
    """Run a SELECT like `fetch`; return the driver's records, with the values that it returns."""
    return await read_prepared(*_adapt(_connection(), sql, values))


async def read_prepared(sql: str, values: Sequence[Any]) -> Sequence[Record]:
    """Run a SELECT whose placeholders and values have the form of the open database."""
    client = _connection()
    held = held_connection()
    if held is not None and client is held.client:
        return await held.read(sql, values)
    records: Sequence[Record] = (await client.execute_query(sql, list(values)))[1]
    return records


@asynccontextmanager
async def one_connection() -> AsyncIterator[None]:
    """Run the reads of this task on one connection; other tasks and transactions take their own."""
    client = _connection()
    if isinstance(client, SafePostgres) and held_connection() is None:
        async with hold_connection(client):
            yield
    else:
        # SQLite has one connection, which writers must not wait for until a request ends.
        yield


async def read_as_system(sql: str, *values: object) -> Sequence[Record]:
    """Run a SELECT like `read` over the rows of all organizations: for credentials, outside a transaction."""
    connection = _connection()
    if isinstance(connection, SafePostgres):
        return await connection.read_as_system(sql, values)
    with bypass_row_security():
        return await read(sql, *values)


async def listen_for_notifications() -> None:
    """Receive the notifications of other processes, if the database allows several."""
    if notifier := _connection().notifier:
        await notifier.listen()


async def execute(sql: str, *values: object) -> int:
    """Run a write with placeholders $1, $2 …; return the number of rows it changed, not its triggers."""
    connection = _connection()
    return await connection.rows_changed(*_adapt(connection, sql, values))


async def execute_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a write with placeholders $1, $2 … once for each row of values, in the current transaction."""
    connection = _connection()
    adapted = [_adapt(connection, sql, tuple(values)) for values in rows]
    await connection.execute_many(adapted[0][0], [values for _, values in adapted])


def _connection() -> SafeSqlite | SafePostgres:
    # Inside a transaction this is the transaction's wrapper, and statements through it run in the
    # transaction.
    connection: Any = get_connection(CONNECTION)
    return connection  # type: ignore[no-any-return]  # ENGINE makes no other kind


def _adapt(
    connection: SafeSqlite | SafePostgres, sql: str, values: tuple[object, ...]
) -> tuple[str, list[Any]]:
    """Return a statement and its values in the form of the open database."""
    if connection.capabilities.dialect == "sqlite":
        return _sqlite_placeholders(sql), [_sqlite_value(value) for value in values]
    return sql, list(values)


@lru_cache(maxsize=1024)
def _sqlite_placeholders(sql: str) -> str:
    # ?1 is numbered like $1, so a value that is used twice is passed once.
    return re.sub(r"\$(\d+)", r"?\1", sql)


def _sqlite_value(value: object) -> object:
    """Return a value as SQLite stores it: ids as text, and instants in UTC, which it compares as text."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)
    return value


def _model_modules() -> list[str]:
    """Return the modules of workflow.models that contain tables."""
    package = importlib.import_module("workflow.models")
    names = [f"workflow.models.{module.name}" for module in pkgutil.iter_modules(package.__path__)]
    return [name for name in sorted(names) if _contains_tables(name)]


def _contains_tables(name: str) -> bool:
    # By module of definition: a module also contains the classes that it imports, such as `Model`.
    values = vars(importlib.import_module(name)).values()
    return any(
        isinstance(value, type) and issubclass(value, Model) and value.__module__ == name for value in values
    )
