"""Configuration of the two databases, values as each stores them, and consistent reads."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from tests.models.engine.ledger import lines
from workflow.models.engine.database import (
    dialect,
    execute,
    fetch,
    open_database,
    read_consistently,
    tortoise_config,
    transaction,
)


def test_a_sqlite_url_gets_the_pragmas_that_durability_and_foreign_keys_need() -> None:
    credentials = tortoise_config("sqlite://deals.db")["connections"]["default"]["credentials"]

    assert credentials == {
        "file_path": "deals.db",
        "busy_timeout": 5000,
        "journal_mode": "WAL",
        "synchronous": "FULL",
        "foreign_keys": "ON",
    }


def test_the_pool_of_a_postgresql_url_can_be_set_and_its_time_limits_are_given() -> None:
    url = "postgres://ada@localhost:5432/deals?maxsize=3"
    credentials = tortoise_config(url)["connections"]["default"]["credentials"]

    assert (credentials["minsize"], int(credentials["maxsize"])) == (1, 3)
    assert credentials["server_settings"]["timezone"] == "UTC"
    assert credentials["server_settings"]["lock_timeout"] == "5000"


def test_a_serving_process_gets_a_limit_for_each_statement() -> None:
    def limits(url: str, *, serving: bool) -> tuple[object, ...]:
        credentials = tortoise_config(url, serving=serving)["connections"]["default"]["credentials"]
        settings = credentials["server_settings"]
        idle = settings["idle_in_transaction_session_timeout"]
        return (credentials["command_timeout"], settings.get("statement_timeout"), idle)

    url = "postgres://ada@localhost:5432/deals"

    assert limits(url, serving=True) == (9.0, "8100", "10000")
    assert limits(f"{url}?command_timeout=20", serving=True) == (20.0, "18000", "10000")
    assert limits(url, serving=False) == (None, None, "60000")


async def test_a_placeholder_may_be_used_twice_and_in_any_order(ledger: str) -> None:
    text = "SELECT id FROM book WHERE id = $2 OR (id = $1 AND total <> $2) ORDER BY id"

    assert await fetch(text, 1, 2) == [{"id": 1}, {"id": 2}]


async def test_ids_and_instants_of_any_time_zone_compare_as_stored(ledger: str) -> None:
    kind = "TEXT" if dialect() == "sqlite" else "UUID"
    await execute(f"CREATE TABLE stamp (id {kind}, at TIMESTAMP{'' if dialect() == 'sqlite' else 'TZ'})")
    id = uuid4()
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    await execute("INSERT INTO stamp VALUES ($1, $2)", id, noon)
    in_tokyo = noon.astimezone(timezone(timedelta(hours=9)))

    assert await fetch("SELECT 1 AS found FROM stamp WHERE id = $1 AND at = $2", id, in_tokyo) == [
        {"found": 1}
    ]
    assert await fetch("SELECT 1 AS found FROM stamp WHERE at > $1", in_tokyo) == []


async def test_a_consistent_read_returns_its_result_and_ends_its_transaction_after_an_error(
    ledger: str,
) -> None:
    async def fail() -> int:
        await lines()
        raise LookupError

    assert await read_consistently(lines) == 0
    with pytest.raises(LookupError):
        await read_consistently(fail)

    await transaction(lambda: execute("INSERT INTO line VALUES (1, 1)"))
    assert await read_consistently(lines) == 1


async def test_a_database_of_one_context_is_closed_for_the_others(database: str, empty_database: str) -> None:
    async with open_database(empty_database, all_contexts=False):
        await execute("CREATE TABLE here (id INTEGER)")

    assert await fetch("SELECT 1 AS found FROM organization LIMIT 0") == []
