"""A package of small migrations that takes the place of ours in a test."""

import sys
from pathlib import Path

from workflow.models.engine.database import execute, open_database
from workflow.models.engine.migrating import migrate

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
        ], options={"table": "parent", "app": "pursuit", "unique_together": (("name", "kind"),),
            "constraints": [CheckConstraint(check="kind IN ('A','B')", name="kind_known")]}),
        ops.CreateModel("Child", [
            ("id", fields.IntField(primary_key=True, generated=False)),
            ("parent", fields.ForeignKeyField(
                "pursuit.Parent", related_name=False, on_delete=fields.RESTRICT)),
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
                INSERT INTO log VALUES ('a;' || NEW.code); INSERT INTO log VALUES ('b');
                RETURN NEW; END $$''',
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


class MigrationPackage:
    """A package of migrations in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.write("__init__", "")

    def write(self, name: str, text: str) -> None:
        """Add or replace a migration."""
        (self.folder / f"{name}.py").write_text(text)
        for module in [module for module in sys.modules if module.startswith(self.folder.name)]:
            del sys.modules[module]

    def remove(self, name: str) -> None:
        """Remove a migration."""
        (self.folder / f"{name}.py").unlink()
        self.write("__init__", "")


async def migrate_and_fill(url: str) -> None:
    """Apply the first migration and insert two parents and their three children."""
    await migrate(url)
    async with open_database(url, all_contexts=False):
        await execute(
            "INSERT INTO parent (id, name, kind, code) VALUES (1, 'x', 'A', 'c1'), (2, 'x', 'B', 'c2')"
        )
        await execute("INSERT INTO child (id, parent_id) VALUES (1, 1), (2, 1), (3, 2)")
        await execute("DELETE FROM log")
