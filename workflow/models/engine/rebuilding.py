"""Schema editors: CHECKs are part of CREATE TABLE, and a rebuilt SQLite table loses nothing."""

import re
import sqlite3
from dataclasses import dataclass
from typing import Any

from tortoise.migrations.constraints import CheckConstraint
from tortoise.migrations.schema_editor.asyncpg import AsyncpgSchemaEditor
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_editor.data import ModelSqlData
from tortoise.migrations.schema_editor.sqlite import SqliteSchemaEditor
from tortoise.models import Model

DIALECT_COMMENT = re.compile(r"\s*-- only: (\w+)\n")
"""The first line of a statement for one database only."""

INDEXES_AND_TRIGGERS = (
    "SELECT type, name, sql FROM sqlite_master "
    "WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql > ''"
)


class TableNotCreatedYet(Exception):
    """A migration creates a table before the one it refers to.

    Tortoise would leave out the foreign key silently.
    """


class InlineChecksEditor(BaseSchemaEditor):
    """Writes CHECK constraints into CREATE TABLE, and skips statements for the other database."""

    _model: type[Model] | None = None

    async def create_model(self, model: type[Model]) -> None:
        if not model._meta._inited:
            raise TableNotCreatedYet(
                f"{model.__name__} refers to a table that is created later: add that key after both tables."
            )
        await super().create_model(model)

    def _get_model_sql_data(self, model: type[Model]) -> ModelSqlData:
        self._model = model
        try:
            return super()._get_model_sql_data(model)
        finally:
            self._model = None

    def _get_inner_statements(self) -> list[str]:
        constraints = self._model._meta.constraints if self._model else ()
        checks = [check for check in constraints if isinstance(check, CheckConstraint)]
        written = [
            self.CHECK_CONSTRAINT_CREATE_TEMPLATE.format(name=check.name, check=check.check)
            for check in checks
        ]
        return [*super()._get_inner_statements(), *written]

    async def _run_sql(self, sql: str) -> None:
        only = DIALECT_COMMENT.match(sql)
        if only is None or only[1] == self.DIALECT:
            await self._run_statements(sql)

    async def _run_statements(self, sql: str) -> None:
        await super()._run_sql(sql)


class SafePostgresEditor(InlineChecksEditor, AsyncpgSchemaEditor):
    """The editor for PostgreSQL, which alters tables in place."""


class SafeSqliteEditor(InlineChecksEditor, SqliteSchemaEditor):
    """The editor for SQLite: a rebuilt table keeps its indexes, unique constraints and triggers.

    Foreign keys have to be off on its connection.
    """

    async def _run_statements(self, sql: str) -> None:
        # One at a time: executescript() of the driver would commit the transaction of the migration first.
        for statement in statements(sql):
            await self.client.execute_query(statement)

    async def _remake_table(
        self, model: type[Model], create_field: Any = None, delete_field: Any = None, alter_fields: Any = None
    ) -> None:
        table = model._meta.db_table
        attachments = await self._attachments_of(table)
        no_longer_unique = {_column(old) for old, new in alter_fields or [] if old.unique and not new.unique}
        # The new table is renamed while the old one is dropped. Without this, SQLite refuses that if a
        # trigger of another table mentions the name.
        await self.client.execute_query("PRAGMA legacy_alter_table=ON")
        try:
            await super()._remake_table(model, create_field, delete_field, alter_fields)
        finally:
            await self.client.execute_query("PRAGMA legacy_alter_table=OFF")
        present = set(await self._columns_of(table))
        for attachment in attachments:
            if attachment.fits(present, no_longer_unique):
                await self.client.execute_query(attachment.sql)

    async def _attachments_of(self, table: str) -> list["TableAttachment"]:
        """Return the indexes, unique constraints over several columns, and triggers of a table."""
        rows = await self.client.execute_query_dict(INDEXES_AND_TRIGGERS, [table])
        triggers = [TableAttachment(row["sql"]) for row in rows if row["type"] == "trigger"]
        own = {row["name"]: row["sql"] for row in rows if row["type"] == "index"}
        indexes = [await self._index(table, index, own) for index in await self._indexes_of(table)]
        return [*(index for index in indexes if index is not None), *triggers]

    async def _indexes_of(self, table: str) -> list[dict[str, Any]]:
        return await self.client.execute_query_dict(f'PRAGMA index_list("{table}")')

    async def _index(
        self, table: str, index: dict[str, Any], own: dict[str, str]
    ) -> "TableAttachment | None":
        """Return an index, or None if the table's own text creates it again.

        A unique constraint over several columns, which Tortoise leaves out, becomes a unique index.
        """
        rows = await self.client.execute_query_dict(f'PRAGMA index_info("{index["name"]}")')
        columns = tuple(row["name"] for row in sorted(rows, key=lambda row: row["seqno"]) if row["name"])
        if index["name"] in own:
            return TableAttachment(own[index["name"]], columns, bool(index["unique"]))
        if index["origin"] != "u" or len(columns) < 2:
            return None
        listed = ", ".join(f'"{column}"' for column in columns)
        sql = f'CREATE UNIQUE INDEX "uq_{table}_{"_".join(columns)}" ON "{table}" ({listed})'
        return TableAttachment(sql, columns, unique=True)

    async def _columns_of(self, table: str) -> list[str]:
        return [row["name"] for row in await self.client.execute_query_dict(f'PRAGMA table_info("{table}")')]


@dataclass(frozen=True)
class TableAttachment:
    """An index or a trigger of a table that is being rebuilt."""

    sql: str
    columns: tuple[str, ...] = ()
    unique: bool = False

    def fits(self, present: set[str], no_longer_unique: set[str]) -> bool:
        """Return True if it belongs to the rebuilt table; an index is dropped with any of its columns."""
        if self.unique and len(self.columns) == 1 and self.columns[0] in no_longer_unique:
            return False
        return set(self.columns) <= present


def statements(script: str) -> list[str]:
    """Split a script into statements, ignoring semicolons in strings, comments and triggers."""
    found = []
    current = ""
    for piece in script.split(";"):
        current += piece + ";"
        if sqlite3.complete_statement(current):
            found.append(current.strip())
            current = ""
    return [statement for statement in [*found, current[:-1].strip()] if statement.strip("; \n")]


def _column(field: Any) -> str:
    return str(field.source_field or field.model_field_name)
