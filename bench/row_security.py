"""Benchmark of row-level security on PostgreSQL: the same page and the same write with and without it."""

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
from tests.support.rows import create_deals_with_people
from workflow.models.engine.database import act_as_organization, bypass_row_security, open_database
from workflow.operations.opportunity.edit import update_opportunity

DEALS = 500
ROUNDS = 60
PAGE = """{ opportunities(first: 50) { totalCount edges { node {
    name number state health { score } owner { name } account { name }
    buyer { stakeholders { contact { name } } } } } } }"""
Modes = dict[str, Callable[[TestOrganization], AbstractContextManager[None]]]
MODES: Modes = {
    "without": lambda organization: bypass_row_security(),
    "with": lambda organization: act_as_organization(organization.id),
}


async def main() -> None:
    """Measure and print the table."""
    os.environ["PURSUIT_TEST_DATABASE"] = "postgres"
    title = f"Medians of {ROUNDS} rounds, {DEALS} deals each"
    table = Table("operation", *(f"{mode} ms" for mode in MODES), "ratio", title=title)
    async with databases() as template, open_database(await template.copy()):
        organizations = [await new_organization(), await new_organization()]
        deals = [
            [created.deal.id for created in await create_deals_with_people(organization, DEALS, people=2)]
            for organization in organizations
        ]
        writes = [partial(_write, one, cycle(ids)) for one, ids in zip(organizations, deals, strict=True)]
        reads = [partial(_read_page, one) for one in organizations]
        for name, actions in (
            ("page of 50, one organization", reads[:1] * 2),
            ("page of 50, two organizations in turn", reads),
            ("update, one organization", writes[:1] * 2),
            ("update, two organizations in turn", writes),
        ):
            table.add_row(name, *_figures(await _measure(organizations, actions)))
    Console(width=110).print(table)


async def _measure(
    organizations: Sequence[TestOrganization], actions: Sequence[Callable[[], Awaitable[None]]]
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {mode: [] for mode in MODES}
    for number in range(ROUNDS):
        # The modes alternate, so that other load on the machine affects both.
        for mode in sorted(MODES, reverse=number % 2 == 0):
            started = perf_counter()
            for organization, work in zip(organizations, actions, strict=True):
                with MODES[mode](organization if actions[0] is not actions[1] else organizations[0]):
                    await work()
            times[mode].append(500 * (perf_counter() - started))
    return times


def _figures(times: dict[str, list[float]]) -> Sequence[str]:
    without = median(times["without"])
    secured = median(times["with"])
    return f"{without:.2f}", f"{secured:.2f}", f"{secured / without:.3f}"


async def _read_page(organization: TestOrganization) -> None:
    context = RequestContext(viewer=organization.ctx.viewer, now=datetime.now(UTC), request_id="bench")
    answer = await schema.execute(PAGE, context_value=context)
    assert answer.errors is None, answer.errors


async def _write(organization: TestOrganization, ids: "cycle[UUID]") -> None:
    await update_opportunity(
        organization.ctx, next(ids), {"description": datetime.now(UTC).isoformat()}, expected_version=None
    )


if __name__ == "__main__":
    asyncio.run(main())
