"""Two small tables, `book` and its `line`s, for tests of the engine."""

from workflow.models.engine.database import execute, fetch


async def lines() -> int:
    """Count the lines."""
    return int((await fetch("SELECT count(*) AS n FROM line"))[0]["n"])


async def add_pair(number: int) -> None:
    """Insert two lines with the same number, with a read between them."""
    await execute("INSERT INTO line VALUES ($1, 1)", number)
    await fetch("SELECT total FROM book WHERE id = $1", 1)
    await execute("INSERT INTO line VALUES ($1, 2)", number)
