"""Migrations: each is applied once, as a whole, in order, and only forward."""

import asyncio
from pathlib import Path

import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from tests.models.engine.migration_package import (
    FAILING,
    ORPHANING,
    SECOND,
    MigrationPackage,
    migrate_and_fill,
)
from workflow.models.engine.database import fetch, open_database
from workflow.models.engine.migrating import MigrationRefused, migrate, pending


async def test_two_concurrent_migrators_apply_each_migration_once(
    empty_database: str, package: MigrationPackage
) -> None:
    package.write("0002_second", SECOND)

    both = await asyncio.gather(migrate(empty_database), migrate(empty_database))

    assert sorted([*both[0], *both[1]]) == ["0001_first", "0002_second"]
    assert await pending(empty_database) == []


async def test_a_failing_migration_leaves_nothing_behind(
    empty_database: str, package: MigrationPackage
) -> None:
    await migrate(empty_database)
    package.write("0002_failing", FAILING)

    with pytest.raises(OperationalError, match="missing"):
        await migrate(empty_database)

    assert await pending(empty_database) == ["0002_failing"]
    async with open_database(empty_database, all_contexts=False):
        with pytest.raises(OperationalError, match="half"):
            await fetch("SELECT * FROM half")


async def test_a_migration_that_would_orphan_rows_is_refused(
    empty_database: str, package: MigrationPackage
) -> None:
    await migrate_and_fill(empty_database)
    package.write("0002_orphaning", ORPHANING)

    with pytest.raises((MigrationRefused, IntegrityError), match="child"):
        await migrate(empty_database)

    async with open_database(empty_database, all_contexts=False):
        assert await fetch("SELECT count(*) AS n FROM parent") == [{"n": 2}]


async def test_a_database_newer_than_the_program_is_refused(
    empty_database: str, package: MigrationPackage
) -> None:
    package.write("0002_second", SECOND)
    await migrate(empty_database)
    package.remove("0002_second")

    with pytest.raises(MigrationRefused, match="0002_second"):
        await migrate(empty_database)


async def test_what_is_pending_is_named_and_reported_in_order(
    empty_database: str, package: MigrationPackage
) -> None:
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


async def test_a_missing_folder_of_a_sqlite_file_is_created(
    tmp_path: Path, package: MigrationPackage
) -> None:
    assert await migrate(f"sqlite://{tmp_path}/a/b/deals.db") == ["0001_first"]
