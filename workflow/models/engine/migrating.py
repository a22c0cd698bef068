"""Tortoise's migrations, made safe: forward only, one migrator at a time, each in a transaction."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, PlanStep
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.migration import Migration
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.transactions import in_transaction

from workflow.models.engine.database import tortoise_config
from workflow.models.engine.rebuilding import SafePostgresEditor, SafeSqliteEditor
from workflow.models.engine.row_security import ROW_SECURITY_SETUP, bypass_row_security
from workflow.models.engine.single_process import sqlite_file
from workflow.models.engine.text_search import TEXT_INDEX_SETUP, TEXT_INDEX_STATE
from workflow.models.engine.transactions import CONNECTION

MIGRATION_LOCK = 7_238_001
"""The PostgreSQL advisory lock that only one migrator can have."""
MIGRATION_PRAGMAS = {"foreign_keys": "OFF", "busy_timeout": 60_000}
"""Foreign keys are off, because rebuilding a table drops it, which would delete its children.

Every foreign key is checked before the commit.
"""


class MigrationRefused(Exception):
    """This database cannot be migrated to the schema of this program."""


async def migrate(url: str, report: Callable[[str], object] | None = None) -> list[str]:
    """Apply the pending migrations and return their names; `report` is called with each after its commit.

    Raise MigrationRefused if the database is newer than this program or a migration would leave orphans.
    """
    file = sqlite_file(url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    applied: list[str] = []
    async with _migrator(url) as migrator:
        await migrator.prepare()
        while (name := await migrator.apply_next()) is not None:
            applied.append(name)
            if report is not None:
                report(name)
        # Each time, not in a migration: later migrations create tables, and the role may be created later.
        await migrator.secure_rows()
        await migrator.index_text()
    return applied


async def pending(url: str) -> list[str]:
    """Return the names of the pending migrations in order; change nothing."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        # Connecting would create the file, and this function changes nothing.
        url = "sqlite://:memory:"
    async with _migrator(url) as migrator:
        return await migrator.pending()


@asynccontextmanager
async def _migrator(url: str) -> AsyncIterator["Migrator"]:
    """Open a migrator on its own connection, which is closed in every case."""
    config = tortoise_config(url)
    settings = config["connections"][CONNECTION]
    if "file_path" in settings["credentials"]:
        # Set on the connection, because PRAGMA foreign_keys has no effect inside a transaction.
        settings["credentials"].update(MIGRATION_PRAGMAS)
    else:
        settings["credentials"].update(minsize=1, maxsize=1)
        # Longer than that of requests: another migrator, or a transaction on the table, may take a while.
        settings["credentials"]["server_settings"]["lock_timeout"] = "60000"
    async with TortoiseContext() as context:
        await context.init(config=config, init_connections=False)
        connection = context.db(CONNECTION)
        with bypass_row_security():
            await connection.execute_query("SELECT 1")
            migrator = Migrator(connection, config["apps"])
            await migrator.loader.build_graph()
            yield migrator


class Migrator(MigrationExecutor):
    """Tortoise's executor, applying one migration at a time and recording it in the same transaction."""

    async def prepare(self) -> None:
        """Create the table that records the applied migrations."""
        async with self._locked_transaction() as editor:
            table = editor._get_model_sql_data(self.recorder.model).table_sql
            await editor._run_sql(table.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))

    async def pending(self) -> list[str]:
        """Return the names of the migrations that are not recorded."""
        applied = set(await self.recorder.applied_migrations())
        return [step.migration.name for step in self._plan(applied)]

    async def apply_next(self) -> str | None:
        """Apply the first pending migration and return its name, or None if there is none."""
        async with self._locked_transaction() as editor:
            # Read under the lock: another migrator may have applied the next one meanwhile.
            applied = set(await self.recorder.applied_migrations())
            steps = self._plan(applied)
            if not steps:
                return None
            migration: Migration = steps[0].migration
            await migration.apply(await self._project_state(applied), schema_editor=editor)
            await _check_foreign_keys(editor, migration.name)
            await self.recorder.record_applied(migration.app_label, migration.name)
            return str(migration.name)

    async def secure_rows(self) -> None:
        """Enable row-level security on every PostgreSQL table with rows of organizations."""
        async with self._locked_transaction() as editor:
            if editor.DIALECT == "postgres":
                for statement in ROW_SECURITY_SETUP:
                    await editor.client.execute_script(statement)

    async def index_text(self) -> None:
        """Create the index of text search if this database can have it, and the functions that use it."""
        async with self._locked_transaction() as editor:
            [state] = await editor.client.execute_query_dict(TEXT_INDEX_STATE[editor.DIALECT])
            if state["has_documents"] and not state["is_complete"]:
                for statement in TEXT_INDEX_SETUP[editor.DIALECT]:
                    await editor._run_sql(statement)

    def _plan(self, applied: set[MigrationKey]) -> list[PlanStep]:
        unknown = sorted(key.name for key in applied if key not in self.loader.graph.nodes)
        if unknown:
            raise MigrationRefused(f"The database is newer than this program: it has {', '.join(unknown)}.")
        return self._migration_plan(None, applied, self.loader.graph)

    @asynccontextmanager
    async def _locked_transaction(self) -> AsyncIterator[BaseSchemaEditor]:
        """Open a transaction that excludes other migrators; the recorder writes in it."""
        async with in_transaction(CONNECTION) as client:
            if client.capabilities.dialect == "postgres":
                await client.execute_query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK])
            self.recorder.connection = client
            try:
                yield _editor(client)
            finally:
                self.recorder.connection = self.connection


def _editor(client: BaseDBAsyncClient) -> BaseSchemaEditor:
    return SafeSqliteEditor(client) if client.capabilities.dialect == "sqlite" else SafePostgresEditor(client)


async def _check_foreign_keys(editor: BaseSchemaEditor, name: str) -> None:
    """Refuse a migration that leaves foreign keys without a row; PostgreSQL checks this itself."""
    if editor.DIALECT != "sqlite":
        return
    orphans = await editor.client.execute_query_dict("PRAGMA foreign_key_check")
    if orphans:
        tables = ", ".join(sorted({orphan["table"] for orphan in orphans}))
        raise MigrationRefused(
            f"Migration {name} would leave {len(orphans)} rows in {tables} without their parent."
        )
