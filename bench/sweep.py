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
from tests.support.open_deals import insert_open_deals
from tests.support.organizations import NOW, new_organization
from tests.support.statements import statements
from workflow.models import Alert, Event, Opportunity
from workflow.models.engine.database import act_as_organization, open_database, transaction
from workflow.operations.alerts.sweep import BATCH_SIZE, sweep
from workflow.operations.core.context import Ctx, system_viewer
from workflow.queries.conditions import where
from workflow.queries.opportunity.facts import load_facts

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10_000, 100_000)
SWEEP_TIME = NOW + timedelta(days=20.5)


@dataclass(frozen=True)
class SweepMeasurement:
    """Two sweeps over so many deals: seconds, alerts that changed, statements a batch, and the process's most megabytes."""

    deals: int
    first: float
    alerts_opened: int
    second: float
    alerts_changed: int
    reads_alone: float
    statements: float
    megabytes_before: float
    megabytes: float


def main() -> None:
    """Measure on both databases and print the table; each size is swept in a process of its own."""
    titles = (
        "deals", "first s", "alerts", "second s", "changed", "reads alone s", "ratio", "statements a batch", "MB before", "MB most",
    )  # fmt: skip
    table = Table("database", *titles, title=f"Sweeping beside the same reads alone, {BATCH_SIZE} deals a batch")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind in ("sqlite", "postgres"):
        for size in SIZES:
            one = _measure_in_subprocess(kind, size)
            times = (
                f"{one.second:.1f}",
                f"{one.alerts_changed:,}",
                f"{one.reads_alone:.1f}",
                f"{one.second / one.reads_alone:.2f}",
            )
            memory = (f"{one.statements:.1f}", f"{one.megabytes_before:.0f}", f"{one.megabytes:.0f}")
            table.add_row(kind, f"{one.deals:,}", f"{one.first:.1f}", f"{one.alerts_opened:,}", *times, *memory)
    Console(width=140).print(table)


def _measure_in_subprocess(kind: str, size: int) -> SweepMeasurement:
    environ = {**os.environ, "PURSUIT_TEST_DATABASE": kind}
    command = [sys.executable, "-W", "ignore:XDG_RUNTIME_DIR", "-m", "bench.sweep", str(size)]
    finished = subprocess.run(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=True, timeout=3600
    )
    return SweepMeasurement(**json.loads(finished.stdout.splitlines()[-1]))


async def measure_size(size: int) -> SweepMeasurement:
    """Fill a database, sweep it twice, and read the same once more."""
    async with databases() as made:
        url = await made.copy()
        async with open_database(url):
            organization = await new_organization()
            await insert_open_deals(organization, size)
            before = _megabytes()
            first, alerts_opened = await _time_sweep(SWEEP_TIME)
            events = await Event.all().count()
            second, changed = await _time_sweep(SWEEP_TIME + timedelta(seconds=1))
            assert await Event.all().count() == events
            assert await Alert.exclude(last_seen_at=SWEEP_TIME + timedelta(seconds=1)).count() == 0
            most = _megabytes()
            reads = await _time_reads(organization.id)
            async with statements() as seen:
                await sweep(lambda: SWEEP_TIME + timedelta(seconds=2))
    batches = -(-size // BATCH_SIZE)
    return SweepMeasurement(size, first, alerts_opened, second, changed, reads, len(seen) / batches, before, most)


async def _time_sweep(now: datetime) -> tuple[float, int]:
    started = perf_counter()
    swept = await sweep(lambda: now)
    return perf_counter() - started, swept.alerts


async def _time_reads(organization_id: UUID) -> float:
    """Seconds that the sweep's own reads take where nothing is made of them."""
    started, last = perf_counter(), None
    with act_as_organization(organization_id):
        ctx = Ctx(viewer=system_viewer(organization_id), now=SWEEP_TIME)
        while True:
            due = Opportunity.filter(organization_id=ctx.viewer.organization_id)
            after = due if last is None else due.filter(where("id__gt", last))
            ids: list[UUID] = [row["id"] for row in await after.order_by("id").limit(BATCH_SIZE).values("id")]
            if not ids:
                return perf_counter() - started
            last = ids[-1]
            await transaction(lambda ids=ids: _batch(ctx, ids))  # type: ignore[misc]


async def _batch(ctx: Ctx, ids: Sequence[UUID]) -> None:
    await Opportunity.filter(id__in=list(ids)).values()
    await load_facts(ctx.viewer.organization_id, ids, ctx.now)
    await Alert.filter(opportunity_id__in=list(ids)).exclude(status="RESOLVED").order_by("id").values()


def _megabytes() -> float:
    """The most memory that this process has held so far; Linux counts it in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(measure_size(int(sys.argv[1])))))) if sys.argv[1:] else main()
