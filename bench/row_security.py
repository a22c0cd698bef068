"""What row-level security costs on PostgreSQL: the same page and the same write, with it and without, side by side."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from itertools import cycle
from statistics import median
from time import perf_counter
from uuid import UUID

from rich.console import Console
from rich.table import Table

from schema import schema
from schema.core.context import RequestContext
from tests.support.databases import databases
from tests.support.organizations import TestOrganization, new_organization
from tests.support.rows import families
from workflow.models.engine.database import opened, standing_for, standing_for_everybody
from workflow.operations.opportunity.edit import update_opportunity

DEALS = 500
ROUNDS = 60
PAGE = """{ opportunities(first: 50) { totalCount edges { node {
    name number state health { score } owner { name } account { name }
    buyer { stakeholders { contact { name } } } } } } }"""
Ways = dict[str, Callable[[TestOrganization], AbstractContextManager[None]]]
WAYS: Ways = {
    "without": lambda organization: standing_for_everybody(),
    "with": lambda organization: standing_for(organization.id),
}


async def main() -> None:
    """Print the table; the rounds of both ways alternate, so that whatever else the machine does falls on both."""
    os.environ["PURSUIT_TEST_DATABASE"] = "postgres"
    table = Table(
        "what", *(f"{way} ms" for way in WAYS), "ratio", title=f"Medians of {ROUNDS} rounds, {DEALS} deals each"
    )
    async with databases() as made, opened(await made.copy()):
        homes = [await new_organization(), await new_organization()]
        deals = [[family.deal.id for family in await families(home, DEALS, people=2)] for home in homes]
        writes = [partial(_write, home, cycle(ids)) for home, ids in zip(homes, deals, strict=True)]
        reads = [partial(_page, home) for home in homes]
        for name, works in (
            ("a page of 50, one organization", reads[:1] * 2),
            ("a page of 50, two organizations in turn", reads),
            ("an update, one organization", writes[:1] * 2),
            ("an update, two organizations in turn", writes),
        ):
            table.add_row(name, *_figures(await _measured(homes, works)))
    Console(width=110).print(table)


async def _measured(
    homes: Sequence[TestOrganization], works: Sequence[Callable[[], Awaitable[None]]]
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(ROUNDS):
        for way in sorted(WAYS, reverse=number % 2 == 0):
            started = perf_counter()
            for home, work in zip(homes, works, strict=True):
                with WAYS[way](home if works[0] is not works[1] else homes[0]):
                    await work()
            times[way].append(500 * (perf_counter() - started))
    return times


def _figures(times: dict[str, list[float]]) -> Sequence[str]:
    without, secured = median(times["without"]), median(times["with"])
    return f"{without:.2f}", f"{secured:.2f}", f"{secured / without:.3f}"


async def _page(home: TestOrganization) -> None:
    context = RequestContext(viewer=home.ctx.viewer, now=datetime.now(UTC), request_id="bench")
    answer = await schema.execute(PAGE, context_value=context)
    assert answer.errors is None, answer.errors


async def _write(home: TestOrganization, ids: "cycle[UUID]") -> None:
    await update_opportunity(home.ctx, next(ids), {"description": datetime.now(UTC).isoformat()}, expected_version=None)


if __name__ == "__main__":
    asyncio.run(main())
