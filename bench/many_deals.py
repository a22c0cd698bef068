"""Benchmark of operations on many deals: the merge of an account, and a migration in bulk requests."""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from time import perf_counter
from uuid import UUID

from rich.console import Console
from rich.table import Table

from bench.measurements import measure_in_subprocess, peak_megabytes
from tests.support.databases import databases
from tests.support.organizations import NOW, TestOrganization, new_organization
from tests.support.scenarios.open_deals import insert_open_deals
from workflow.models import Opportunity
from workflow.models.engine.database import act_as_organization, open_database
from workflow.operations.accounts.accounts import create_account
from workflow.operations.accounts.merge import merge_accounts
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.bulk import MAX_ROWS, BulkItem, migrate_opportunities
from workflow.operations.process.processes import preset, publish

DEALS = 10_000
LATER = NOW + timedelta(days=1)


@dataclass(frozen=True)
class ManyDealsMeasurement:
    """Deals, the seconds of their merge and of their migration, and the peak memory."""

    deals: int
    merge: float
    migration: float
    megabytes: float


def main() -> None:
    """Measure on both databases and print the table; each database has a process of its own."""
    columns = ("merge s", "deals/s", "migration s", "deals/s", "MB peak")
    table = Table("database", *columns, title=f"{DEALS:,} open deals of one account")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind in ("sqlite", "postgres"):
        one = ManyDealsMeasurement(
            **measure_in_subprocess("bench.many_deals", DEALS, database=kind, timeout=3600)
        )
        speeds = (f"{one.deals / seconds:,.0f}" for seconds in (one.merge, one.migration))
        table.add_row(
            kind,
            f"{one.merge:.1f}",
            next(speeds),
            f"{one.migration:.1f}",
            next(speeds),
            f"{one.megabytes:.0f}",
        )
    Console(width=140).print(table)


async def measure_size(size: int) -> ManyDealsMeasurement:
    """Fill a database, merge the account of all deals into another, and migrate the deals."""
    async with databases() as template:
        url = await template.copy()
        async with open_database(url):
            organization = await new_organization()
            await insert_open_deals(organization, size)
            with act_as_organization(organization.id):
                ctx = replace(organization.ctx, now=LATER)
                merge = await _time_merge(ctx)
                migration = await _time_migration(organization, replace(ctx, now=LATER + timedelta(days=1)))
    return ManyDealsMeasurement(size, merge, migration, peak_megabytes())


async def _time_merge(ctx: Ctx) -> float:
    [found] = await Opportunity.all().limit(1).values("account_id")
    merged: UUID = found["account_id"]
    kept = await create_account(ctx, {"name": "The account that is kept"})
    started = perf_counter()
    await merge_accounts(ctx, kept, merged, expected_version=None)
    seconds = perf_counter() - started
    assert not await Opportunity.filter(account_id=merged).exists()
    return seconds


async def _time_migration(organization: TestOrganization, ctx: Ctx) -> float:
    published = await publish(ctx, replace(preset("default"), name="A new version"))
    ids = [row["id"] for row in await Opportunity.all().order_by("id").values("id")]
    started = perf_counter()
    for start in range(0, len(ids), MAX_ROWS):
        refs = [BulkItem(id) for id in ids[start : start + MAX_ROWS]]
        rows = await migrate_opportunities(ctx, refs, "default")
        assert [row.problem for row in rows] == [None] * len(refs)
    seconds = perf_counter() - started
    assert await Opportunity.filter(process_id=published.id).count() == len(ids)
    return seconds


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(asdict(asyncio.run(measure_size(int(sys.argv[1]))))))
    else:
        main()
