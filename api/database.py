"""One transaction on a database of a given URL, for commands that write all or nothing."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from workflow.models.engine.database import open_database, transaction

T = TypeVar("T")


async def in_one_transaction(url: str, work: Callable[[], Awaitable[T]]) -> T:
    """Open the database at the URL, run the work in one transaction, and return its result."""
    async with open_database(url, all_contexts=False):
        return await transaction(work)
