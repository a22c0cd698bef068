"""`pursuit migrate` and `pursuit schema`."""

from tests.support.serving import pursuit


async def test_migrate_brings_a_new_database_to_the_newest_schema(empty_database: str) -> None:
    before = await pursuit("migrate", "--check", environ={"PURSUIT_DATABASE_URL": empty_database})
    run = await pursuit("migrate", environ={"PURSUIT_DATABASE_URL": empty_database})
    after = await pursuit("migrate", "--check", environ={"PURSUIT_DATABASE_URL": empty_database})

    assert (before.code, run.code, after.code) == (1, 0, 0)
    pending = [line.removeprefix("pending ") for line in before.out.splitlines()]
    assert pending
    assert run.out.splitlines() == [*(f"applied {name}" for name in pending), "The database is up to date."]
    assert after.out == "The database is up to date.\n"


async def test_the_schema_is_printed() -> None:
    ended = await pursuit("schema")

    assert ended.code == 0
    assert "type Query {" in ended.out
