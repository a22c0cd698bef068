"""Benchmark of the import of 8,800 opportunities and its memory, compared with plain inserts."""

import asyncio
import csv
import json
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

import asyncpg
from rich.console import Console
from rich.table import Table

from api.demo.crm_sales_opportunities import PIPELINE, DataSetOptions, import_data_set
from api.files.import_batches import ImportTally
from bench.measurements import ROOT, measure_in_subprocess, peak_megabytes
from tests.support.database_dump import Rows, differences, dump
from tests.support.databases import Databases, databases
from tests.support.organizations import new_organization
from workflow.models.engine.database import SQLITE_PRAGMAS, open_database
from workflow.operations.core.context import Ctx, system_viewer
from workflow.rules.enums import TransitionSource

DATA = ROOT / "api" / "demo" / "data"
ROUNDS = 3
COPIES = 4
"""Copies of the data set in the larger file."""
IMPORTED_TABLES = ("account", "opportunity", "transition", "snapshot", "milestone", "imported_row", "event")
"""Tables that an import writes, in the order of their foreign keys; sellers and accounts exist before."""


@dataclass(frozen=True)
class ImportMeasurement:
    """One import: its rows, the seconds of the product and of plain inserts, and the peak memory."""

    opportunities: int
    rows: int
    product: float
    plain: float
    megabytes_before: float
    megabytes: float

    @property
    def ratio(self) -> float:
        """Time of the product as a multiple of plain inserts."""
        return self.product / self.plain


def main() -> None:
    """Measure on both databases and print the table; each import runs in a process of its own."""
    titles = ("opportunities", "rows", "product s", "plain s", "ratio", "rows/s", "MB before", "MB peak")
    table = Table("database", *titles, title="Import, compared with plain inserts of the same rows")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind in ("sqlite", "postgres"):
        rounds = sorted((_measure(kind, 1) for _ in range(ROUNDS)), key=lambda one: one.ratio)
        for one in (rounds[ROUNDS // 2], _measure(kind, COPIES)):
            speed = f"{one.rows / one.product:,.0f}"
            times = (f"{one.product:.2f}", f"{one.plain:.2f}", f"{one.ratio:.1f}", speed)
            memory = (f"{one.megabytes_before:.0f}", f"{one.megabytes:.0f}")
            table.add_row(kind, f"{one.opportunities:,}", f"{one.rows:,}", *times, *memory)
    Console(width=110).print(
        table, f"The data set: the median of {ROUNDS} rounds by ratio. The larger file: one round."
    )


def _measure(kind: str, copies: int) -> ImportMeasurement:
    return ImportMeasurement(**measure_in_subprocess("bench.importing", copies, database=kind, timeout=900))


async def measure_copies(copies: int) -> ImportMeasurement:
    """Import copies of the data set, then insert the same rows into a copy of the database from before."""
    with tempfile.TemporaryDirectory(prefix="pursuit-bench-") as folder:
        empty_file = _copy_data_set(Path(folder) / "none", 0)
        full_file = _copy_data_set(Path(folder) / "all", copies)
        async with databases() as template:
            return await _compare(template, empty_file, full_file)


async def _compare(template: Databases, empty_file: Path, full_file: Path) -> ImportMeasurement:
    url = await template.copy()
    async with open_database(url):
        organization = await new_organization(currency="USD")
        viewer = system_viewer(organization.id)
        ctx = Ctx(viewer=viewer, now=datetime.now(UTC), source=TransitionSource.IMPORT)
        await _time_import(ctx, empty_file)  # creates the sellers and accounts
    plain_url = await template.copy(url)
    before = await dump(url)
    megabytes_before = peak_megabytes()
    async with open_database(url):
        product, opportunities = await _time_import(ctx, full_file)
    megabytes = peak_megabytes()
    changed = differences(before, await dump(url))
    written = {table: sorted(changed[table][1], key=lambda row: str(row[0])) for table in IMPORTED_TABLES}
    plain = await _time_inserts(plain_url, written)
    after = await dump(plain_url)
    assert all(len(after[table]) == len(before[table]) + len(rows) for table, rows in written.items())
    rows = sum(map(len, written.values()))
    return ImportMeasurement(opportunities, rows, product, plain, megabytes_before, megabytes)


def _copy_data_set(folder: Path, copies: int) -> Path:
    """Copy the data set to a folder, with the rows of the pipeline repeated under other ids."""
    shutil.copytree(DATA, folder)
    with (DATA / PIPELINE).open(encoding="utf-8", newline="") as source:
        title, *lines = csv.reader(source)
    with (folder / PIPELINE).open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(title)
        writer.writerows([f"{line[0]}-{copy}", *line[1:]] for copy in range(copies) for line in lines)
    return folder / PIPELINE


async def _time_import(ctx: Ctx, file: Path) -> tuple[float, int]:
    """Return the seconds of the product's import, and the number of opportunities that it created."""
    tally = ImportTally()
    started = perf_counter()
    await import_data_set(ctx, file, DataSetOptions("USD", ZoneInfo("UTC")), tally)
    return perf_counter() - started, tally.done


async def _time_inserts(url: str, written: dict[str, Rows]) -> float:
    """Return the seconds to insert the rows by executemany: one statement per table, in one transaction."""
    if url.startswith("sqlite:"):
        return _time_sqlite_inserts(url, written)
    connection = await asyncpg.connect(url)
    try:
        started = perf_counter()
        async with connection.transaction():
            for table, rows in written.items():
                places = ", ".join(f"${place}" for place in range(1, len(rows[0]) + 1))
                await connection.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)
        return perf_counter() - started
    finally:
        await connection.close()


def _time_sqlite_inserts(url: str, written: dict[str, Rows]) -> float:
    with closing(sqlite3.connect(url.removeprefix("sqlite://"))) as connection:
        for name, value in SQLITE_PRAGMAS.items():
            connection.execute(f"PRAGMA {name} = {value}")
        started = perf_counter()
        with connection:
            for table, rows in written.items():
                places = ", ".join("?" * len(rows[0]))
                connection.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)
        return perf_counter() - started


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(asdict(asyncio.run(measure_copies(int(sys.argv[1]))))))
    else:
        main()
