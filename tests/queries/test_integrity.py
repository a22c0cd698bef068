"""`pursuit verify`: sound after all kinds of work, and each kind of damage behind the product's back is told."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import asyncpg
import pytest

from tests.support.databases import Databases, chosen
from tests.support.fixtures import new_stage
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
        "is stored as QUALIFIED, and its transitions lead to",
    ),
    (f"DELETE FROM transition WHERE {STEP} = 1", "history", "its transition 1 is missing."),
    (f"DELETE FROM transition WHERE {STEP} = 2", "history", "and its transitions lead to QUALIFIED."),
    (
        f"UPDATE transition SET from_state = 'LOST' WHERE {STEP} = 2",
        "history",
        "transition 2 does not begin where the one",
    ),
    (f"UPDATE opportunity SET version = version + 1 WHERE {THE_DEAL}", "versions", "and its events tell of"),
    ("UPDATE opportunity SET version = version - 1 WHERE version > 1", "versions", "and its events tell of"),
    ("UPDATE event SET epoch = 9", "event cursors", "stands at a place that was not given out."),
    (f"UPDATE event SET actor_name = 'Nobody' WHERE {FIRST} = 2", "audit trail", "Fact 2 ("),
    (f"UPDATE event SET request_id = 'other' WHERE {FIRST} = 3", "audit trail", "Fact 3 ("),
    (f"DELETE FROM event WHERE {FIRST} = 2", "audit trail", "Fact 2 is missing."),
    (f"DELETE FROM event WHERE {FIRST} > 2", "audit trail", "It ends with fact 2, and the organization keeps"),
    (f"UPDATE event SET audit_number = NULL WHERE {FIRST} = 1", "audit trail", "Fact 1 is missing."),
    ("UPDATE organization SET audit_hash = 'f'", "audit trail", "as its last."),
]
LOST = "UPDATE opportunity SET owner_id = '01890000-0000-7000-8000-000000000000'"


@pytest.fixture(scope="module")
async def story(run_databases: Databases, server: Server) -> AsyncIterator[str]:
    """A database in which the product has done all kinds of things; nobody has it open."""
    url = await run_databases.copy()
    await new_stage(url, server)
    yield url
    await run_databases.drop(url)


@pytest.fixture
async def copied(story: str, run_databases: Databases) -> AsyncIterator[str]:
    """A copy to damage."""
    url = await run_databases.copy(story)
    yield url
    await run_databases.drop(url)


async def _found(url: str) -> list[IntegrityResult]:
    found = list[IntegrityResult]()
    async with open_database(url, all_contexts=False):
        assert await verify(found.append) is not any(one.faults for one in found)
    return found


async def _damage(url: str, *statements: str) -> None:
    """What a hand in the database does, with everything switched off that would keep it from it."""
    if chosen() == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite://"), isolation_level=None)) as connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
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


async def test_what_the_product_wrote_holds(story: str) -> None:
    ended = await pursuit("verify", environ={"PURSUIT_DATABASE_URL": story})

    assert (ended.code, "FAULT" in ended.out, ended.out.count("ok    audit trail of Test")) == (0, False, 2), ended.out


@pytest.mark.parametrize(("damage", "name", "says"), DAMAGES)
async def test_each_damage_is_told_where_it_is(copied: str, damage: str, name: str, says: str) -> None:
    await _damage(copied, damage)

    faulty = [one for one in await _found(copied) if one.faults]

    assert [one.name.startswith(name) for one in faulty].count(True) >= 1, faulty
    assert any(says in fault for one in faulty for fault in one.faults), faulty


async def test_a_key_that_leads_nowhere_is_told_and_the_command_fails(copied: str) -> None:
    await _damage(copied, LOST)

    ended = await pursuit("verify", environ={"PURSUIT_DATABASE_URL": copied})

    assert (ended.code, "FAULT foreign keys" in ended.out) == (1, True), ended.out
