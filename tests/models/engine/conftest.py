"""Databases for tests of the engine: one with two tables, and one with small migrations."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.models.engine.migration_package import FIRST, MigrationPackage
from workflow.models.engine.database import execute, open_database


@pytest.fixture
async def ledger(empty_database: str) -> AsyncIterator[str]:
    """An open database with two books and no lines."""
    async with open_database(empty_database, all_contexts=False):
        await execute("CREATE TABLE book (id INTEGER PRIMARY KEY, total INTEGER NOT NULL)")
        await execute("CREATE TABLE line (id INTEGER, book_id INTEGER NOT NULL REFERENCES book (id))")
        await execute("INSERT INTO book VALUES (1, 0), (2, 0)")
        yield empty_database


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MigrationPackage:
    """A package with one migration, in the place of ours."""
    name = f"throwaway_{uuid4().hex}"
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("workflow.models.engine.database.MIGRATIONS", name)
    created = MigrationPackage(tmp_path / name)
    created.write("0001_first", FIRST)
    return created
