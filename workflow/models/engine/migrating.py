"""The guard around Tortoise's migrations: forward only, one at a time, each in one transaction, and no row is lost."""

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
from workflow.models.engine.transactions import CONNECTION

MIGRATION_LOCK = 7_238_001
"""The PostgreSQL advisory lock that makes two migrators take turns."""
MIGRATION_PRAGMAS = {"foreign_keys": "OFF", "busy_timeout": 60_000}
"""Off, because a rebuilt table is dropped, which would delete its children; every key is checked before the commit."""


class MigrationRefused(Exception):
    """This database cannot be brought to this program's tables."""


async def migrate(url: str, report: Callable[[str], object] | None = None) -> list[str]:
    """Apply what is pending and name it, telling report each name once it is committed; raises MigrationRefused."""
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
        await migrator.secure_rows()
    return applied


async def pending(url: str) -> list[str]:
    """The names of the migrations that this database still lacks, in order; changes nothing."""
    file = sqlite_file(url)
    if file is not None and not file.exists():
        url = "sqlite://:memory:"
    async with _migrator(url) as migrator:
        return await migrator.pending()


@asynccontextmanager
async def _migrator(url: str) -> AsyncIterator["Migrator"]:
    """A migrator on a connection of its own, closed in every case."""
    config = tortoise_config(url)
    settings = config["connections"][CONNECTION]
    if "file_path" in settings["credentials"]:
        settings["credentials"].update(MIGRATION_PRAGMAS)
    else:
        settings["credentials"].update(minsize=1, maxsize=1)
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
    """Tortoise's executor, a migration at a time, each with its record in the same transaction."""

    async def prepare(self) -> None:
        """Make the table that records what was applied."""
        async with self._locked_transaction() as editor:
            table = editor._get_model_sql_data(self.recorder.model).table_sql
            await editor._run_sql(table.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))

    async def pending(self) -> list[str]:
        """The names of what is not yet recorded."""
        applied = set(await self.recorder.applied_migrations())
        return [step.migration.name for step in self._plan(applied)]

    async def apply_next(self) -> str | None:
        """Apply the first pending migration, or say that there is none."""
        async with self._locked_transaction() as editor:
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
        """Put every table of PostgreSQL that is an organization's under row-level security, those of later migrations too."""
        async with self._locked_transaction() as editor:
            if editor.DIALECT == "postgres":
                for statement in ROW_SECURITY_SETUP:
                    await editor.client.execute_script(statement)

    def _plan(self, applied: set[MigrationKey]) -> list[PlanStep]:
        unknown = sorted(key.name for key in applied if key not in self.loader.graph.nodes)
        if unknown:
            raise MigrationRefused(f"The database is newer than this program: it has {', '.join(unknown)}.")
        return self._migration_plan(None, applied, self.loader.graph)

    @asynccontextmanager
    async def _locked_transaction(self) -> AsyncIterator[BaseSchemaEditor]:
        """A transaction that no other migrator shares; the recorder writes in it too."""
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
    """Every row's foreign keys must still lead somewhere; PostgreSQL sees to that itself."""
    if editor.DIALECT != "sqlite":
        return
    orphans = await editor.client.execute_query_dict("PRAGMA foreign_key_check")
    if orphans:
        tables = ", ".join(sorted({orphan["table"] for orphan in orphans}))
        raise MigrationRefused(
            f"Migration {name} would leave {len(orphans)} rows without their parents in {tables}."
        )
