"""Schema editors: a rebuilt table loses nothing, and each database runs only its own statements."""

import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from tests.models.engine.migration_package import SECOND, MigrationPackage, migrate_and_fill
from workflow.models.engine.database import dialect, execute, fetch, open_database
from workflow.models.engine.migrating import migrate
from workflow.models.engine.rebuilding import TableAttachment, TableNotCreatedYet, statements

FOR_ONE_DATABASE = """
from tortoise import migrations
from tortoise.migrations import operations as ops

class Migration(migrations.Migration):
    dependencies = [("pursuit", "0001_first")]
    operations = [
        ops.RunSQL("-- only: sqlite\\n CREATE TABLE only_sqlite (id INTEGER)"),
        ops.RunSQL("-- only: postgres\\n CREATE TABLE only_postgres (id INTEGER)"),
    ]
"""
CHILD_BEFORE_PARENT = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops

class Migration(migrations.Migration):
    dependencies = [("pursuit", "0001_first")]
    operations = [
        ops.CreateModel("Early", [
            ("id", fields.IntField(primary_key=True, generated=False)),
            ("late", fields.ForeignKeyField("pursuit.Late", related_name=False, on_delete=fields.RESTRICT)),
        ], options={"table": "early", "app": "pursuit"}),
    ]
"""


async def refused(sql: str) -> None:
    with pytest.raises(IntegrityError):
        await execute(sql)


async def index_names() -> set[str]:
    sqlite = "SELECT name FROM sqlite_master WHERE type = 'index'"
    postgres = "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public'"
    return {row["name"] for row in await fetch(sqlite if dialect() == "sqlite" else postgres)}


async def test_altering_a_parent_keeps_its_children(empty_database: str, package: MigrationPackage) -> None:
    await migrate_and_fill(empty_database)
    package.write("0002_second", SECOND)

    assert await migrate(empty_database) == ["0002_second"]

    async with open_database(empty_database, all_contexts=False):
        assert await fetch("SELECT id, parent_id FROM child ORDER BY id") == [
            {"id": 1, "parent_id": 1},
            {"id": 2, "parent_id": 1},
            {"id": 3, "parent_id": 2},
        ]
        assert await fetch("SELECT * FROM parent ORDER BY id") == [
            {"id": 1, "name": "x", "kind": "A", "code": "c1"},
            {"id": 2, "name": "x", "kind": "B", "code": "c2"},
        ]


async def test_altering_a_parent_keeps_its_constraints_and_indexes(
    empty_database: str, package: MigrationPackage
) -> None:
    await migrate_and_fill(empty_database)
    package.write("0002_second", SECOND)

    await migrate(empty_database)

    async with open_database(empty_database, all_contexts=False):
        await refused("INSERT INTO parent (id, name, kind, code) VALUES (3, 'x', 'B', 'c3')")
        await refused("INSERT INTO parent (id, name, kind, code) VALUES (3, 'y', 'B', 'c1')")
        await refused("INSERT INTO parent (id, name, kind, code) VALUES (3, 'y', 'C', 'c3')")
        await refused("INSERT INTO parent (id, name, kind, code) VALUES (100, 'y', 'B', 'c3')")
        await refused("INSERT INTO child (id, parent_id) VALUES (4, 99)")
        await execute("INSERT INTO parent (id, name, kind, code) VALUES (3, 'y', NULL, 'c3')")
        assert await fetch("SELECT line FROM log") == [{"line": "a;c3"}, {"line": "b"}]
        await execute("INSERT INTO child (id, parent_id) VALUES (4, 3)")
        assert {"ix_kind", "uq_name_of_a"} <= await index_names()


async def test_a_statement_for_the_other_database_is_skipped(
    empty_database: str, package: MigrationPackage
) -> None:
    package.write("0002_one", FOR_ONE_DATABASE)

    await migrate(empty_database)

    other = "postgres" if dialect() == "sqlite" else "sqlite"
    async with open_database(empty_database, all_contexts=False):
        assert await fetch(f"SELECT * FROM only_{dialect()}") == []
        with pytest.raises(OperationalError):
            await fetch(f"SELECT * FROM only_{other}")


async def test_a_table_that_refers_to_a_later_one_is_refused(
    empty_database: str, package: MigrationPackage
) -> None:
    package.write("0002_early", CHILD_BEFORE_PARENT)

    with pytest.raises(TableNotCreatedYet, match="Early refers to a table that is created later"):
        await migrate(empty_database)


@pytest.mark.parametrize(
    ("attachment", "fits"),
    [
        (TableAttachment("CREATE TRIGGER"), True),
        (TableAttachment("CREATE INDEX", ("name", "kind")), True),
        (TableAttachment("CREATE INDEX", ("name", "gone")), False),
        (TableAttachment("CREATE UNIQUE INDEX", ("name",), unique=True), False),
        (TableAttachment("CREATE UNIQUE INDEX", ("name", "kind"), unique=True), True),
        (TableAttachment("CREATE INDEX", ("name",)), True),
    ],
)
def test_an_index_is_dropped_with_its_column_or_with_the_uniqueness_of_its_column(
    attachment: TableAttachment, fits: bool
) -> None:
    assert attachment.fits({"name", "kind"}, {"name"}) is fits


def test_semicolons_in_strings_comments_and_triggers_end_no_statement() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES (';'); DELETE FROM c; END;"

    assert statements(f"CREATE TABLE a (x TEXT /* one; two */);\n{trigger}\nDROP TABLE a;") == [
        "CREATE TABLE a (x TEXT /* one; two */);",
        trigger,
        "DROP TABLE a;",
    ]
