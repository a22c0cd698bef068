"""The number of rows that a write reports."""

import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from workflow.models.engine.database import dialect, execute, fetch

TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER doubled AFTER INSERT ON book BEGIN "
        "INSERT INTO line VALUES (NEW.id, 1), (NEW.id, 2); END",
    ),
    "postgres": (
        "CREATE FUNCTION doubled() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO line VALUES (NEW.id, 1), (NEW.id, 2); RETURN NEW; END $$",
        "CREATE TRIGGER doubled AFTER INSERT ON book FOR EACH ROW EXECUTE FUNCTION doubled()",
    ),
}


async def test_a_write_returns_its_row_count(ledger: str) -> None:
    assert await execute("UPDATE book SET total = $1", 5) == 2
    assert await execute("INSERT INTO line VALUES ($1, $2)", 1, 1) == 1
    assert await execute("DELETE FROM line WHERE id = $1", 77) == 0


async def test_rows_that_a_trigger_writes_are_not_counted(ledger: str) -> None:
    for statement in TRIGGERS[dialect()]:
        await execute(statement)

    assert await execute("INSERT INTO book VALUES (3, 0)") == 1
    assert await fetch("SELECT count(*) AS n FROM line WHERE id = 3") == [{"n": 2}]


async def test_a_statement_without_rows_counts_none(ledger: str) -> None:
    assert await execute("CREATE TABLE page (id INTEGER)") == 0


async def test_a_refused_write_raises_the_same_error_on_both_databases(ledger: str) -> None:
    with pytest.raises(IntegrityError):
        await execute("INSERT INTO book VALUES (1, 0)")
    with pytest.raises(OperationalError):
        await execute("UPDATE nothing SET id = 1")
