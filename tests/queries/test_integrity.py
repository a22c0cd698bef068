"""`pursuit verify` passes after every kind of mutation, and reports each kind of damage to stored rows."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import asyncpg
import pytest

from tests.support.databases import Databases, database_kind
from tests.support.fixtures import create_mutation_fixtures
from tests.support.serving import Server, pursuit
from workflow.models.engine.database import open_database
from workflow.queries.integrity import IntegrityResult, verify

DEAL = "(SELECT MIN(CAST(opportunity_id AS text)) FROM transition WHERE sequence = 2)"
THE_DEAL = f"CAST(id AS text) = {DEAL}"
STEP = f"CAST(opportunity_id AS text) = {DEAL} AND sequence"
FIRST = "organization_id = (SELECT id FROM organization ORDER BY id LIMIT 1) AND audit_number"
DAMAGES = [
    (
        f"UPDATE opportunity SET state = 'QUALIFIED' WHERE {THE_DEAL}",
        "history",
        "is stored as QUALIFIED, but its transitions lead to",
    ),
    (f"DELETE FROM transition WHERE {STEP} = 1", "history", "its transition 1 is missing."),
    (f"DELETE FROM transition WHERE {STEP} = 2", "history", "but its transitions lead to QUALIFIED."),
    (
        f"UPDATE transition SET from_state = 'LOST' WHERE {STEP} = 2",
        "history",
        "transition 2 does not start in the state where the one before it ended.",
    ),
    (
        f"UPDATE opportunity SET version = version + 1 WHERE {THE_DEAL}",
        "versions",
        "but its last event has version",
    ),
    (
        "UPDATE opportunity SET version = version - 1 WHERE version > 1",
        "versions",
        "but its last event has version",
    ),
    ("UPDATE event SET epoch = 9", "event cursors", "the database has not assigned its position."),
    (f"UPDATE event SET actor_name = 'Nobody' WHERE {FIRST} = 2", "audit trail", "Audit event 2 ("),
    (f"UPDATE event SET request_id = 'other' WHERE {FIRST} = 3", "audit trail", "Audit event 3 ("),
    (f"DELETE FROM event WHERE {FIRST} = 2", "audit trail", "Audit event 2 is missing."),
    (
        f"DELETE FROM event WHERE {FIRST} > 2",
        "audit trail",
        "It ends with audit event 2, but the organization has recorded",
    ),
    (f"UPDATE event SET audit_number = NULL WHERE {FIRST} = 1", "audit trail", "Audit event 1 is missing."),
    ("UPDATE organization SET audit_hash = 'f'", "audit trail", "but the organization has recorded"),
]
DANGLING_OWNER = "UPDATE opportunity SET owner_id = '01890000-0000-7000-8000-000000000000'"


@pytest.fixture(scope="module")
async def populated_database(run_databases: Databases, server: Server) -> AsyncIterator[str]:
    """A database in which every mutation has been used; no process has it open."""
    url = await run_databases.copy()
    await create_mutation_fixtures(url, server)
    yield url
    await run_databases.drop(url)


@pytest.fixture
async def damaged_copy(populated_database: str, run_databases: Databases) -> AsyncIterator[str]:
    """A copy of the populated database."""
    url = await run_databases.copy(populated_database)
    yield url
    await run_databases.drop(url)


async def _findings(url: str) -> list[IntegrityResult]:
    found = list[IntegrityResult]()
    async with open_database(url, all_contexts=False):
        assert await verify(found.append) is not any(one.faults for one in found)
    return found


async def _damage(url: str, *statements: str) -> None:
    """Change rows with triggers and foreign keys switched off."""
    if database_kind() == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)) as connection:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
        return
    server = await asyncpg.connect(url)
    try:
        await server.execute("SET session_replication_role = replica")
        for statement in statements:
            await server.execute(statement)
    finally:
        await server.close()


async def test_data_written_by_the_product_passes(populated_database: str) -> None:
    ended = await pursuit("verify", environ={"PURSUIT_DATABASE_URL": populated_database})

    assert (ended.code, "FAULT" in ended.out, ended.out.count("ok    audit trail of Test")) == (
        0,
        False,
        2,
    ), ended.out


@pytest.mark.parametrize(("damage", "name", "says"), DAMAGES)
async def test_each_damage_is_reported_at_its_place(
    damaged_copy: str, damage: str, name: str, says: str
) -> None:
    await _damage(damaged_copy, damage)

    faulty = [one for one in await _findings(damaged_copy) if one.faults]

    assert [one.name.startswith(name) for one in faulty].count(True) >= 1, faulty
    assert any(says in fault for one in faulty for fault in one.faults), faulty


async def test_a_dangling_foreign_key_is_reported_and_the_command_fails(damaged_copy: str) -> None:
    await _damage(damaged_copy, DANGLING_OWNER)

    ended = await pursuit("verify", environ={"PURSUIT_DATABASE_URL": damaged_copy})

    assert (ended.code, "FAULT foreign keys" in ended.out) == (1, True), ended.out
