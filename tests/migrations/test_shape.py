"""The migrated shape of each database is the committed one, so a migration has to change both."""

import pytest

from tests.migrations.shape import committed_file, shape
from workflow.models.engine.database import dialect, execute, open_database

CHANGES = {
    "a column": "ALTER TABLE milestone ADD COLUMN odd INT",
    "a table": "CREATE TABLE odd (id INT PRIMARY KEY)",
    "an index": "CREATE INDEX odd ON milestone (name)",
    "a unique": "CREATE UNIQUE INDEX odd ON milestone (name)",
    "a dropped index": "DROP INDEX milestone_unique_1",
    "a check and a key": (
        "ALTER TABLE milestone ADD COLUMN odd CHAR(36) CHECK (odd <> '') REFERENCES member (name)"
    ),
}
KEYED = {"sqlite": "REFERENCES member (name)", "postgres": "UNIQUE"}
TRIGGER = {
    "sqlite": "DROP TRIGGER transition_no_update",
    "postgres": "DROP TRIGGER transition_for_ever ON transition",
}


async def test_the_migrated_database_is_as_committed(own_database: str) -> None:
    found = (await shape(own_database)).splitlines()

    assert found == committed_file().read_text().splitlines(), (
        "Run `make shape`, check the difference, and commit it."
    )


@pytest.mark.parametrize("what", [*CHANGES, "a dropped trigger"])
async def test_a_change_of_the_schema_changes_its_shape(own_database: str, what: str) -> None:
    before = await shape(own_database)

    async with open_database(own_database, all_contexts=False):
        change = CHANGES.get(what, TRIGGER[dialect()])
        await execute(change.replace(KEYED["sqlite"], KEYED[dialect()]))

    assert await shape(own_database) != before
