"""How long the product's import of 8,800 opportunities takes beside bare inserts of the very same rows, and its memory."""

import asyncio
import csv
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
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
from tests.support.database_dump import Rows, differences, dump
from tests.support.databases import Databases, databases
from tests.support.organizations import new_organization
from workflow.models.engine.database import SQLITE_PRAGMAS, open_database
from workflow.operations.core.context import Ctx, system_viewer
from workflow.rules.enums import TransitionSource

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "api" / "demo" / "data"
ROUNDS = 3
COPIES = 4
"""How often the larger file holds the data set."""
IMPORTED_TABLES = ("account", "opportunity", "transition", "snapshot", "milestone", "imported_row", "event")
"""The tables that an import fills, what is pointed at first; sellers and accounts stand there before."""


@dataclass(frozen=True)
class ImportMeasurement:
    """One import: what was written, seconds by the product and bare, and the process's most megabytes before and after."""

    opportunities: int
    rows: int
    product: float
    bare: float
    megabytes_before: float
    megabytes: float

    @property
    def ratio(self) -> float:
        """How many times as long the product takes."""
        return self.product / self.bare


def main() -> None:
    """Measure on both databases and print the table; each import runs in a process of its own."""
    titles = ("opportunities", "rows", "product s", "bare s", "ratio", "rows/s", "MB before", "MB most")
    table = Table("database", *titles, title="Importing beside bare inserts of the same rows")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind in ("sqlite", "postgres"):
        rounds = sorted((_measure_in_subprocess(kind, 1) for _ in range(ROUNDS)), key=lambda one: one.ratio)
        for one in (rounds[ROUNDS // 2], _measure_in_subprocess(kind, COPIES)):
            speed = f"{one.rows / one.product:,.0f}"
            times = (f"{one.product:.2f}", f"{one.bare:.2f}", f"{one.ratio:.1f}", speed)
            memory = (f"{one.megabytes_before:.0f}", f"{one.megabytes:.0f}")
            table.add_row(kind, f"{one.opportunities:,}", f"{one.rows:,}", *times, *memory)
    Console(width=110).print(
        table, f"The data set: the middle of {ROUNDS} rounds by ratio. The larger file: one round."
    )


def _measure_in_subprocess(kind: str, copies: int) -> ImportMeasurement:
    environ = {**os.environ, "PURSUIT_TEST_DATABASE": kind}
    command = [sys.executable, "-W", "ignore:XDG_RUNTIME_DIR", "-m", "bench.importing", str(copies)]
    finished = subprocess.run(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=True, timeout=900
    )
    return ImportMeasurement(**json.loads(finished.stdout.splitlines()[-1]))


async def measure_copies(copies: int) -> ImportMeasurement:
    """Import so many copies of the data set, then insert the same rows bare into a copy of the database as it was before."""
    with tempfile.TemporaryDirectory(prefix="pursuit-bench-") as folder:
        empty_file, full_file = _copy_data_set(Path(folder) / "none", 0), _copy_data_set(Path(folder) / "all", copies)
        async with databases() as made:
            return await _compare(made, empty_file, full_file)


async def _compare(made: Databases, empty_file: Path, full_file: Path) -> ImportMeasurement:
    url = await made.copy()
    async with open_database(url):
        organization = await new_organization(currency="USD")
        viewer = system_viewer(organization.id)
        ctx = Ctx(viewer=viewer, now=datetime.now(UTC), source=TransitionSource.IMPORT)
        await _time_import(ctx, empty_file)
    bare_url, before, megabytes_before = await made.copy(url), await dump(url), _megabytes()
    async with open_database(url):
        product, opportunities = await _time_import(ctx, full_file)
    megabytes = _megabytes()
    changed = differences(before, await dump(url))
    written = {table: sorted(changed[table][1], key=lambda row: str(row[0])) for table in IMPORTED_TABLES}
    bare = await _time_inserts(bare_url, written)
    after = await dump(bare_url)
    assert all(len(after[table]) == len(before[table]) + len(rows) for table, rows in written.items())
    rows = sum(map(len, written.values()))
    return ImportMeasurement(opportunities, rows, product, bare, megabytes_before, megabytes)


def _copy_data_set(folder: Path, copies: int) -> Path:
    """The data set's files in a folder, the pipeline's rows so many times, each time under other ids."""
    shutil.copytree(DATA, folder)
    with (DATA / PIPELINE).open(encoding="utf-8", newline="") as source:
        title, *lines = csv.reader(source)
    with (folder / PIPELINE).open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(title)
        writer.writerows([f"{line[0]}-{copy}", *line[1:]] for copy in range(copies) for line in lines)
    return folder / PIPELINE


async def _time_import(ctx: Ctx, file: Path) -> tuple[float, int]:
    """Seconds that the product's import takes, and how many opportunities it made."""
    tally, started = ImportTally(), perf_counter()
    await import_data_set(ctx, file, DataSetOptions("USD", ZoneInfo("UTC")), tally)
    return perf_counter() - started, tally.done


async def _time_inserts(url: str, written: dict[str, Rows]) -> float:
    """Seconds that the rows take by executemany, a statement a table and one transaction, with nothing else done."""
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


def _megabytes() -> float:
    """The most memory that this process has held so far; Linux counts it in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _print_measurement(arguments: Sequence[str]) -> None:
    print(json.dumps(asdict(asyncio.run(measure_copies(int(arguments[0]))))))


if __name__ == "__main__":
    _print_measurement(sys.argv[1:]) if sys.argv[1:] else main()
