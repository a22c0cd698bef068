"""How long a sweep over many open deals takes beside the same reads alone, its memory and its statements; the second changes nothing."""

import asyncio
import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from uuid import UUID

from rich.console import Console
from rich.table import Table

from tests.support.databases import databases
from tests.support.open_deals import fill
from tests.support.organizations import NOW, new_organization
from tests.support.statements import statements
from workflow.models import Alert, Event, Opportunity
from workflow.models.engine.database import opened, standing_for, transaction
from workflow.operations.alerts.sweep import BATCH, sweep
from workflow.operations.core.context import Ctx, system_viewer
from workflow.queries.opportunity.facts import facts_of
from workflow.queries.paging import where

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10_000, 100_000)
LATER = NOW + timedelta(days=20.5)


@dataclass(frozen=True)
class Figures:
    """Two sweeps over so many deals: seconds, alerts that changed, statements a batch, and the process's most megabytes."""

    deals: int
    first: float
    opened: int
    second: float
    changed: int
    reads: float
    statements: float
    megabytes_before: float
    megabytes: float


def main() -> None:
    """Measure on both databases and print the table; each size is swept in a process of its own."""
    titles = (
        "deals", "first s", "alerts", "second s", "changed", "reads alone s", "ratio", "statements a batch", "MB before", "MB most",
    )  # fmt: skip
    table = Table("database", *titles, title=f"Sweeping beside the same reads alone, {BATCH} deals a batch")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind in ("sqlite", "postgres"):
        for size in SIZES:
            one = _in_a_process(kind, size)
            times = (f"{one.second:.1f}", f"{one.changed:,}", f"{one.reads:.1f}", f"{one.second / one.reads:.2f}")
            memory = (f"{one.statements:.1f}", f"{one.megabytes_before:.0f}", f"{one.megabytes:.0f}")
            table.add_row(kind, f"{one.deals:,}", f"{one.first:.1f}", f"{one.opened:,}", *times, *memory)
    Console(width=140).print(table)


def _in_a_process(kind: str, size: int) -> Figures:
    environ = {**os.environ, "PURSUIT_TEST_DATABASE": kind}
    command = [sys.executable, "-W", "ignore:XDG_RUNTIME_DIR", "-m", "bench.sweep", str(size)]
    told = subprocess.run(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=True, timeout=3600)
    return Figures(**json.loads(told.stdout.splitlines()[-1]))


async def measured(size: int) -> Figures:
    """Fill a database, sweep it twice, and read the same once more."""
    async with databases() as made:
        url = await made.copy()
        async with opened(url):
            organization = await new_organization()
            await fill(organization, size)
            before = _megabytes()
            first, opened_ones = await _swept(LATER)
            told = await Event.all().count()
            second, changed = await _swept(LATER + timedelta(seconds=1))
            assert await Event.all().count() == told
            assert await Alert.exclude(last_seen_at=LATER + timedelta(seconds=1)).count() == 0
            most = _megabytes()
            reads = await _read(organization.id)
            async with statements() as seen:
                await sweep(lambda: LATER + timedelta(seconds=2))
    batches = -(-size // BATCH)
    return Figures(size, first, opened_ones, second, changed, reads, len(seen) / batches, before, most)


async def _swept(now: datetime) -> tuple[float, int]:
    started = perf_counter()
    swept = await sweep(lambda: now)
    return perf_counter() - started, swept.alerts


async def _read(organization_id: UUID) -> float:
    """Seconds that the sweep's own reads take where nothing is made of them."""
    started, last = perf_counter(), None
    with standing_for(organization_id):
        ctx = Ctx(viewer=system_viewer(organization_id), now=LATER)
        while True:
            due = Opportunity.filter(organization_id=ctx.viewer.organization_id)
            after = due if last is None else due.filter(where("id__gt", last))
            ids: list[UUID] = [row["id"] for row in await after.order_by("id").limit(BATCH).values("id")]
            if not ids:
                return perf_counter() - started
            last = ids[-1]
            await transaction(lambda ids=ids: _batch(ctx, ids))  # type: ignore[misc]


async def _batch(ctx: Ctx, ids: Sequence[UUID]) -> None:
    await Opportunity.filter(id__in=list(ids)).values()
    await facts_of(ctx.viewer.organization_id, ids, ctx.now)
    await Alert.filter(opportunity_id__in=list(ids)).exclude(status="RESOLVED").order_by("id").values()


def _megabytes() -> float:
    """The most memory that this process has held so far; Linux counts it in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(measured(int(sys.argv[1])))))) if sys.argv[1:] else main()
