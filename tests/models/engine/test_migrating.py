"""A migration loses nothing, runs once, and goes forward only."""

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from workflow.models.engine.database import dialect, execute, fetch, open_database
from workflow.models.engine.migrating import MigrationRefused, migrate, pending
from workflow.models.engine.rebuilding import statements

FIRST = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    initial = True
    operations = [
        ops.CreateModel("Parent", [
            ("id", fields.IntField(primary_key=True, generated=False)),
            ("name", fields.CharField(max_length=20)),
            ("kind", fields.CharField(max_length=20, description="odd; it's")),
            ("code", fields.CharField(max_length=20, unique=True)),
            ("spare", fields.IntField(null=True, db_index=True)),
        ], options={"table": "parent", "app": "pursuit", "unique_together": (("name", "kind"),), "constraints": [
            CheckConstraint(check="kind IN ('A','B')", name="kind_known")]}),
        ops.CreateModel("Child", [
            ("id", fields.IntField(primary_key=True, generated=False)),
            ("parent", fields.ForeignKeyField("pursuit.Parent", related_name=False, on_delete=fields.RESTRICT)),
        ], options={"table": "child", "app": "pursuit"}),
        ops.RunSQL("CREATE TABLE log (line TEXT)"),
        ops.RunSQL("CREATE UNIQUE INDEX uq_name_of_a ON parent (name) WHERE kind = 'A'"),
        ops.RunSQL("CREATE INDEX ix_kind ON parent (kind)"),
        ops.RunSQL([
            '''-- only: sqlite
            CREATE TRIGGER parent_logged AFTER INSERT ON parent BEGIN
                INSERT INTO log VALUES ('a;' || NEW.code); INSERT INTO log VALUES ('b'); END''',
            '''-- only: sqlite
            CREATE TRIGGER child_logged AFTER INSERT ON child BEGIN
                INSERT INTO log SELECT name FROM parent WHERE id = NEW.parent_id; END''',
            '''-- only: postgres
            CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO log VALUES ('a;' || NEW.code); INSERT INTO log VALUES ('b'); RETURN NEW; END $$''',
            '''-- only: postgres
            CREATE TRIGGER parent_logged AFTER INSERT ON parent FOR EACH ROW EXECUTE FUNCTION logged()''',
        ]),
    ]
"""
SECOND = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    dependencies = [("pursuit", "0001_first")]
    operations = [
        ops.AlterField("Parent", "kind", fields.CharField(max_length=20, null=True)),
        ops.AddConstraint("Parent", CheckConstraint(check="id < 100", name="id_small")),
        ops.RemoveField("Parent", "spare"),
    ]
"""
FAILING = """
from tortoise import migrations
from tortoise.migrations import operations as ops

class Migration(migrations.Migration):
    dependencies = [("pursuit", "0001_first")]
    operations = [ops.RunSQL("CREATE TABLE half (id INTEGER)"), ops.RunSQL("INSERT INTO missing VALUES (1)")]
"""
ORPHANING = """
from tortoise import migrations
from tortoise.migrations import operations as ops

class Migration(migrations.Migration):
    dependencies = [("pursuit", "0001_first")]
    operations = [ops.RunSQL("DELETE FROM parent")]
"""


class Package:
    """A throwaway package of migrations in the place of ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.write("__init__", "")

    def write(self, name: str, text: str) -> None:
        (self.folder / f"{name}.py").write_text(text)
        for module in [module for module in sys.modules if module.startswith(self.folder.name)]:
            del sys.modules[module]

    def remove(self, name: str) -> None:
        (self.folder / f"{name}.py").unlink()
        self.write("__init__", "")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    name = f"throwaway_{uuid4().hex}"
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("workflow.models.engine.database.MIGRATIONS", name)
    made = Package(tmp_path / name)
    made.write("0001_first", FIRST)
    return made


async def fill(url: str) -> None:
    await migrate(url)
    async with open_database(url, all_contexts=False):
        await execute(
            "INSERT INTO parent (id, name, kind, code) VALUES (1, 'x', 'A', 'c1'), (2, 'x', 'B', 'c2')"
        )
        await execute("INSERT INTO child (id, parent_id) VALUES (1, 1), (2, 1), (3, 2)")
        await execute("DELETE FROM log")


async def refused(sql: str) -> None:
    with pytest.raises(IntegrityError):
        await execute(sql)


async def test_altering_a_parent_keeps_its_children(empty_database: str, package: Package) -> None:
    await fill(empty_database)
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
    empty_database: str, package: Package
) -> None:
    await fill(empty_database)
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


async def index_names() -> set[str]:
    sqlite = "SELECT name FROM sqlite_master WHERE type = 'index'"
    postgres = "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public'"
    return {row["name"] for row in await fetch(sqlite if dialect() == "sqlite" else postgres)}


async def test_two_concurrent_migrators_apply_each_migration_once(
    empty_database: str, package: Package
) -> None:
    package.write("0002_second", SECOND)

    both = await asyncio.gather(migrate(empty_database), migrate(empty_database))

    assert sorted([*both[0], *both[1]]) == ["0001_first", "0002_second"]
    assert await pending(empty_database) == []


async def test_a_failing_migration_leaves_nothing_behind(empty_database: str, package: Package) -> None:
    await migrate(empty_database)
    package.write("0002_failing", FAILING)

    with pytest.raises(OperationalError, match="missing"):
        await migrate(empty_database)

    assert await pending(empty_database) == ["0002_failing"]
    async with open_database(empty_database, all_contexts=False):
        with pytest.raises(OperationalError, match="half"):
            await fetch("SELECT * FROM half")


async def test_a_migration_that_would_orphan_rows_is_refused(empty_database: str, package: Package) -> None:
    await fill(empty_database)
    package.write("0002_orphaning", ORPHANING)

    with pytest.raises((MigrationRefused, IntegrityError), match="child"):
        await migrate(empty_database)

    async with open_database(empty_database, all_contexts=False):
        assert await fetch("SELECT count(*) AS n FROM parent") == [{"n": 2}]


async def test_a_database_newer_than_the_program_is_refused(empty_database: str, package: Package) -> None:
    package.write("0002_second", SECOND)
    await migrate(empty_database)
    package.remove("0002_second")

    with pytest.raises(MigrationRefused, match="0002_second"):
        await migrate(empty_database)


async def test_what_is_pending_is_named_and_reported_in_order(empty_database: str, package: Package) -> None:
    package.write("0002_second", SECOND)
    reported: list[str] = []

    assert await pending(empty_database) == ["0001_first", "0002_second"]
    assert await migrate(empty_database, reported.append) == ["0001_first", "0002_second"]

    assert reported == ["0001_first", "0002_second"]
    assert await migrate(empty_database) == []


async def test_our_own_migrations_apply(own_database: str) -> None:
    assert await pending(own_database) == []
    async with open_database(own_database, all_contexts=False):
        assert await fetch("SELECT name FROM organization") == []


async def test_a_missing_folder_of_a_sqlite_file_is_created(tmp_path: Path, package: Package) -> None:
    assert await migrate(f"sqlite://{tmp_path}/a/b/deals.db") == ["0001_first"]


def test_semicolons_in_strings_comments_and_triggers_end_no_statement() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES (';'); DELETE FROM c; END;"

    assert statements(f"CREATE TABLE a (x TEXT /* one; two */);\n{trigger}\nDROP TABLE a;") == [
        "CREATE TABLE a (x TEXT /* one; two */);",
        trigger,
        "DROP TABLE a;",
    ]
