"""Benchmark of the sweep over many open deals, compared with its reads alone."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from time import perf_counter
from uuid import UUID

from rich.console import Console
from rich.table import Table

from bench.measurements import measure_in_subprocess, peak_megabytes
from tests.support.databases import databases
from tests.support.organizations import NOW, new_organization
from tests.support.scenarios.open_deals import insert_open_deals
from tests.support.statements import statements
from workflow.models import Alert, Event, Opportunity
from workflow.models.engine.database import act_as_organization, open_database, transaction
from workflow.operations.alerts.sweep import BATCH_SIZE, sweep
from workflow.operations.core.context import Ctx, system_viewer
from workflow.queries.conditions import where
from workflow.queries.opportunity.facts import load_facts

SIZES = (10_000, 100_000)
SWEEP_TIME = NOW + timedelta(days=20.5)


@dataclass(frozen=True)
class SweepMeasurement:
    """Two sweeps over the same deals: seconds, changed alerts, statements per batch, and the peak memory."""

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
    sweeps = ("deals", "first s", "alerts", "second s", "changed", "reads alone s", "ratio")
    resources = ("statements per batch", "MB before", "MB peak")
    title = f"Sweep, compared with its reads alone, {BATCH_SIZE} deals per batch"
    table = Table("database", *sweeps, *resources, title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    for kind in ("sqlite", "postgres"):
        for size in SIZES:
            measured = measure_in_subprocess("bench.sweep", size, database=kind, timeout=3600)
            one = SweepMeasurement(**measured)
            times = (
                f"{one.second:.1f}",
                f"{one.alerts_changed:,}",
                f"{one.reads_alone:.1f}",
                f"{one.second / one.reads_alone:.2f}",
            )
            memory = (f"{one.statements:.1f}", f"{one.megabytes_before:.0f}", f"{one.megabytes:.0f}")
            table.add_row(
                kind, f"{one.deals:,}", f"{one.first:.1f}", f"{one.alerts_opened:,}", *times, *memory
            )
    Console(width=140).print(table)


async def measure_size(size: int) -> SweepMeasurement:
    """Fill a database, sweep it twice, and read the same rows once more."""
    async with databases() as template:
        url = await template.copy()
        async with open_database(url):
            organization = await new_organization()
            await insert_open_deals(organization, size)
            before = peak_megabytes()
            first, alerts_opened = await _time_sweep(SWEEP_TIME)
            events = await Event.all().count()
            second, changed = await _time_sweep(SWEEP_TIME + timedelta(seconds=1))
            # The second sweep, a second later, evaluates every deal and changes nothing.
            assert await Event.all().count() == events
            assert await Alert.exclude(last_seen_at=SWEEP_TIME + timedelta(seconds=1)).count() == 0
            peak = peak_megabytes()
            reads = await _time_reads(organization.id)
            async with statements() as seen:
                await sweep(lambda: SWEEP_TIME + timedelta(seconds=2))
    batches = -(-size // BATCH_SIZE)
    return SweepMeasurement(
        size, first, alerts_opened, second, changed, reads, len(seen) / batches, before, peak
    )


async def _time_sweep(now: datetime) -> tuple[float, int]:
    started = perf_counter()
    swept = await sweep(lambda: now)
    return perf_counter() - started, swept.alerts


async def _time_reads(organization_id: UUID) -> float:
    """Return the seconds of the sweep's reads without its evaluation."""
    started = perf_counter()
    last: UUID | None = None
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


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(asdict(asyncio.run(measure_size(int(sys.argv[1]))))))
    else:
        main()
