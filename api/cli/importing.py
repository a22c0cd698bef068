"""The command that imports another system's opportunities, and how a data set is brought in batch by batch."""

import csv
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from api import crm_sales_opportunities as crm
from api.cli.running import CommandFailed, OfWhom, with_database
from workflow.models import Account
from workflow.models.database import opened, transaction
from workflow.operations.accounts import AccountChanges, create_account
from workflow.operations.change import RolledBack
from workflow.operations.context import Ctx, system_viewer
from workflow.operations.imported import ImportRow, RowOutcome
from workflow.operations.importing import MOST_ROWS, import_rows
from workflow.operations.sellers import ensure_sellers
from workflow.queries.people import organization_called
from workflow.rules.errors import InvalidInput, Refusal, invalid
from workflow.rules.states import ImportOutcome, TransitionSource

T = TypeVar("T")


class Preset(StrEnum):
    """The files that are understood."""

    CRM_SALES_OPPORTUNITIES = "crm-sales-opportunities"


@dataclass(slots=True)
class Tally:
    """How many rows came to what, and those that could not be kept."""

    counts: Counter[ImportOutcome] = field(default_factory=Counter)
    begin: Callable[[], object] = lambda: None
    progress: Callable[[int], None] = lambda done: None
    reject: Callable[[crm.Read, str], None] = lambda line, reason: None

    @property
    def done(self) -> int:
        """The rows that have an answer."""
        return self.counts.total()


def import_(
    file: Annotated[Path, typer.Argument(help="The CSV file; of the preset, sales_pipeline.csv.")],
    organization: OfWhom,
    preset: Annotated[Preset, typer.Option(help="How the file is to be read.")] = Preset.CRM_SALES_OPPORTUNITIES,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would happen, and write nothing.")] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Where to write the rows that are rejected, with the reason.")
    ] = None,
) -> None:
    """Import opportunities; the same file again changes nothing."""
    try:
        total = crm.count(file)
        with ExitStack() as stack:
            bar = _bar()
            task = bar.add_task(file.name, total=total)
            tally = Tally(
                begin=lambda: stack.enter_context(bar), progress=lambda done: bar.update(task, completed=done)
            )
            if rejects:
                tally.reject = _rejects(stack, rejects)
            with_database(lambda: _imported(organization, file, tally, dry_run=dry_run))
    except crm.UnreadableFile as problem:
        raise CommandFailed(str(problem)) from problem
    _show(tally, dry_run=dry_run)
    if tally.counts[ImportOutcome.REJECTED]:
        raise typer.Exit(2)


async def import_data_set(ctx: Ctx, file: Path, reading: crm.Reading, tally: Tally) -> None:
    """Make sellers and accounts that are missing, then import the pipeline in batches."""
    await ensure_sellers(ctx, crm.sellers(file.parent))
    await _ensure_accounts(ctx, file.parent)
    seen: set[str] = set()
    for lines in _batches(crm.pipeline(file, reading)):
        await _import_batch(ctx, lines, seen, tally)
        tally.progress(tally.done)


async def on_database(url: str, work: Callable[[], Awaitable[T]]) -> T:
    """Do all of the work in one transaction, or nothing of it."""
    async with opened(url, everywhere=False):
        return await transaction(work)


async def _imported(organization: str, file: Path, tally: Tally, *, dry_run: bool) -> None:
    found = await organization_called(organization)
    tally.begin()
    ctx = Ctx(viewer=system_viewer(found.id), now=datetime.now(UTC), source=TransitionSource.IMPORT)
    reading = crm.Reading(currency=found.base_currency, zone=ZoneInfo(found.time_zone))
    if not dry_run:
        return await import_data_set(ctx, file, reading, tally)
    try:
        await transaction(lambda: _undone(ctx, file, reading, tally))
    except RolledBack:
        return None


async def _undone(ctx: Ctx, file: Path, reading: crm.Reading, tally: Tally) -> None:
    """Do everything, then take it back."""
    tally.counts.clear()
    await import_data_set(ctx, file, reading, tally)
    raise RolledBack(None)


async def _ensure_accounts(ctx: Ctx, folder: Path) -> None:
    """Make the accounts that are missing by name; what is there stays as it is."""

    async def work() -> None:
        organization_id: UUID = ctx.viewer.organization_id
        found = await Account.filter(organization_id=organization_id).values("name_folded")
        known = {record["name_folded"] for record in found}
        for account in crm.accounts(folder):
            if str(account["name"]).casefold() not in known:
                await _make(ctx, folder, account)

    await transaction(work)


async def _make(ctx: Ctx, folder: Path, account: AccountChanges) -> None:
    try:
        await create_account(ctx, account)
    except Refusal as problem:
        name = str(account["name"])[:80]
        raise CommandFailed(f"The account {name!r} of {folder / 'accounts.csv'} cannot be made: {problem}") from problem


async def _import_batch(ctx: Ctx, lines: Sequence[crm.Read], seen: set[str], tally: Tally) -> None:
    """Import the lines that mean a row, and count what came of each."""
    good: list[tuple[crm.Read, ImportRow]] = []
    for line in lines:
        problem = line.row if isinstance(line.row, InvalidInput) else None
        if line.external_id in seen:
            problem = invalid("externalId", message=f"`{line.external_id}` stands in an earlier line. Keep one.")
        seen.add(line.external_id)
        if problem is None and isinstance(line.row, ImportRow):
            good.append((line, line.row))
        elif problem is not None:
            _count(tally, line, RowOutcome(0, line.external_id, ImportOutcome.REJECTED, None, problem))
    outcomes = await import_rows(ctx, crm.SYSTEM, [row for _, row in good])
    for (line, _), outcome in zip(good, outcomes, strict=True):
        _count(tally, line, outcome)


def _count(tally: Tally, line: crm.Read, outcome: RowOutcome) -> None:
    tally.counts[outcome.outcome] += 1
    if outcome.problem is not None:
        tally.reject(line, outcome.problem.message)


def _batches(lines: Iterator[crm.Read]) -> Iterator[list[crm.Read]]:
    while batch := list(islice(lines, MOST_ROWS)):
        yield batch


def _rejects(stack: ExitStack, file: Path) -> Callable[[crm.Read, str], None]:
    """A CSV file of the rejected lines as they were, with the reason in a last column."""
    try:
        writer: Any = csv.writer(
            stack.enter_context(file.open("w", encoding="utf-8", newline=""))
        )  # Any: csv names no type
    except OSError as problem:
        raise CommandFailed(f"{file} cannot be written: {problem.strerror}.") from problem
    columns = [
        "opportunity_id",
        "sales_agent",
        "product",
        "account",
        "deal_stage",
        "engage_date",
        "close_date",
        "close_value",
    ]
    writer.writerow([*columns, "problem"])
    return lambda line, reason: writer.writerow([*(line.cells[name] for name in columns), reason])


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def _show(tally: Tally, *, dry_run: bool) -> None:
    table = Table("outcome", "rows", title="What would become of the rows" if dry_run else None)
    table.columns[1].justify = "right"
    for outcome in ImportOutcome:
        table.add_row(outcome.lower(), f"{tally.counts[outcome]:,}")
    table.add_section()
    table.add_row("all", f"{tally.done:,}")
    Console().print(table)
