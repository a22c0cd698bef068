"""Run a part of an import in a transaction of its own, which a dry run rolls back."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from workflow.models.engine.database import transaction

T = TypeVar("T")


class DryRunRollback(Exception):
    """Rolls back a dry run."""


async def in_own_transaction(work: Callable[[], Awaitable[T]], *, dry_run: bool) -> T:
    """Run the work in one transaction and return its result.

    A dry run is rolled back after the work is done.
    """
    results: list[T] = []

    async def run_work() -> None:
        # The transaction may run this again after a conflict; only the last result counts.
        results.append(await work())
        if dry_run:
            raise DryRunRollback

    with suppress(DryRunRollback):
        await transaction(run_work)
    return results[-1]
