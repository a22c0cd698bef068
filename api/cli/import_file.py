"""The command that imports another system's opportunities: from its CSV by a map, from JSON lines, or a published data set."""

import csv
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from api.cli.runtime import CommandFailed, OfWhom, with_database
from api.demo import crm_sales_opportunities as crm
from api.files import csv_lines, import_map, jsonl_rows, mapped_rows
from api.files.cells import Kind, cell
from api.files.csv_lines import UnreadableFile
from api.files.import_batches import Tally, import_reads
from api.files.import_map import ImportMap, UnusableMap
from api.files.jsonl_accounts_contacts import import_parties, kind_of
from api.files.parsed_line import Read
from workflow.models import Member
from workflow.models.engine.database import transaction
from workflow.operations.change.change import RolledBack
from workflow.operations.core.context import Ctx, system_viewer
from workflow.queries.people.people import OrganizationRow, organization_called
from workflow.rules.enums import ImportOutcome, TransitionSource
from workflow.rules.errors import InvalidInput


class Preset(StrEnum):
    """The files that are understood."""

    PURSUIT = "pursuit"
    SALESFORCE = "salesforce"
    HUBSPOT = "hubspot"
    PIPEDRIVE = "pipedrive"
    CRM_SALES_OPPORTUNITIES = "crm-sales-opportunities"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is understood: its columns, how many lines it has, and what each means for an organization."""

    header: Sequence[str]
    total: int
    map: ImportMap | None = None
    shape: csv_lines.Shape | None = None
    kind: Kind = Kind.OPPORTUNITIES


def import_(
    file: Annotated[Path, typer.Argument(help="A CSV file, or JSON lines (.jsonl) as `pursuit export` writes them.")],
    organization: OfWhom,
    preset: Annotated[
        Preset | None, typer.Option(help="How the file is to be read; left out, by its columns.", show_default=False)
    ] = None,
    map_: Annotated[Path | None, typer.Option("--map", help="A map of your own, in TOML.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would happen, or propose a map, and write nothing.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Where to write the rows that are rejected, with the reason.")
    ] = None,
) -> None:
    """Import opportunities, or accounts or contacts from JSON lines; the same file again changes nothing, and goes on where it stopped."""
    try:
        source = _source(file, preset, map_)
        if source is None:
            _propose(file, dry_run=dry_run)
            return
        tally = _run(organization, file, source, dry_run=dry_run, rejects=rejects)
    except (UnreadableFile, UnusableMap) as problem:
        raise CommandFailed(str(problem)) from problem
    _show(tally, dry_run=dry_run)
    if tally.counts[ImportOutcome.REJECTED]:
        raise typer.Exit(2)


def _run(organization: str, file: Path, source: Source, *, dry_run: bool, rejects: Path | None) -> Tally:
    """Import with a progress bar and a file of rejects; what came of it."""
    with ExitStack() as stack:
        bar = _bar()
        task = bar.add_task(file.name, total=source.total)
        tally = Tally(begin=lambda: stack.enter_context(bar), progress=lambda done: bar.update(task, completed=done))
        if rejects:
            tally.reject = _rejects(stack, rejects, source.header)
        with_database(lambda: _imported(organization, file, source, tally, dry_run=dry_run))
    return tally


def _source(file: Path, preset: Preset | None, map_: Path | None) -> Source | None:
    """How the file is understood: by the map or the preset that is named, else by what it looks like; None where nothing fits."""
    if file.suffix == ".jsonl":
        return Source([jsonl_rows.LINE], jsonl_rows.count(file), kind=kind_of(file))
    if preset is Preset.CRM_SALES_OPPORTUNITIES or (preset is None and map_ is None and file.name == crm.PIPELINE):
        return Source(crm.HEADER, crm.count(file))
    shape = csv_lines.shape(file)
    found = _map(preset, map_) or import_map.fitting(shape.header)
    if found is None:
        return None
    has = found.found(shape.header)
    if missing := [ours for ours in import_map.NEEDED if ours not in has]:
        spellings = ", ".join(found.columns.get(missing[0], ())) or "none"
        message = f"{file} has no column for `{missing[0]}`: the map knows {spellings}. Give a map with --map; --dry-run alone proposes one."
        raise UnreadableFile(message)
    return Source(shape.header, csv_lines.count(file, shape), found, shape)


def _map(preset: Preset | None, file: Path | None) -> ImportMap | None:
    if file is None:
        return None if preset is None else import_map.preset(preset)
    try:
        return import_map.read_map(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as problem:
        raise UnusableMap(f"{file} cannot be read: {problem}.") from problem


def _propose(file: Path, *, dry_run: bool) -> None:
    """A map to begin with, where that is asked for."""
    if not dry_run:
        message = f"No preset fits {file}. Name one with --preset, or give a map with --map; --dry-run proposes one."
        raise CommandFailed(message)
    typer.echo(import_map.proposed(csv_lines.shape(file).header), nl=False)


async def _imported(organization: str, file: Path, source: Source, tally: Tally, *, dry_run: bool) -> None:
    found = await organization_called(organization)
    ctx = Ctx(viewer=system_viewer(found.id), now=datetime.now(UTC), source=TransitionSource.IMPORT)
    if source.kind is not Kind.OPPORTUNITIES:
        tally.begin()
        await import_parties(ctx, source.kind, file, tally, dry_run=dry_run)
    elif source.map is None and file.suffix != ".jsonl":
        tally.begin()
        reading = crm.Reading(currency=found.base_currency, zone=ZoneInfo(found.time_zone))
        await _all_or_tried(ctx, file, reading, tally, dry_run=dry_run)
    else:
        reads = await _reads(found, file, source)
        tally.begin()
        await import_reads(ctx, reads, tally, dry_run=dry_run)


async def _reads(organization: OrganizationRow, file: Path, source: Source) -> Iterable[Read]:
    """What each line means, read as it is asked for."""
    if source.map is None or source.shape is None:
        return jsonl_rows.reads(file)
    known, shape = source.map, source.shape

    def values(*ours: str) -> Iterable[str]:
        return csv_lines.column(file, shape, [name for one in ours for name in known.all_of(shape.header, one)])

    reading = mapped_rows.Reading(
        zone=ZoneInfo(organization.time_zone),
        currency=organization.base_currency,
        dates=mapped_rows.order_of_dates(values(*mapped_rows.DATED), known.dates),
        decimal=mapped_rows.decimal_mark(values("amount"), known.decimal),
        owners=await _owners(organization),
    )
    reader = mapped_rows.Reader(known, shape.header, reading)
    return (_read(reader, known.external_system, line) for line in csv_lines.lines(file, shape))


def _read(reader: mapped_rows.Reader, system: str, line: csv_lines.Line) -> Read:
    try:
        return Read(line.cells, reader.key(line), system, reader.row(line), reader.contact(line))
    except InvalidInput as problem:
        return Read(line.cells, reader.key(line), system, problem)


async def _owners(organization: OrganizationRow) -> dict[str, str]:
    """The e-mail of each active member by a name that only one of them has."""
    people = await Member.filter(organization_id=organization.id, active=True).values("name", "email")
    names = [person["name"].casefold() for person in people]
    return {name: person["email"] for name, person in zip(names, people, strict=True) if names.count(name) == 1}


async def _all_or_tried(ctx: Ctx, file: Path, reading: crm.Reading, tally: Tally, *, dry_run: bool) -> None:
    """The data set with its sellers and accounts; what is only tried is taken back."""
    if not dry_run:
        return await crm.import_data_set(ctx, file, reading, tally)

    async def tried() -> None:
        tally.counts.clear()
        await crm.import_data_set(ctx, file, reading, tally)
        raise RolledBack(None)

    try:
        await transaction(tried)
    except RolledBack:
        return None


def _rejects(stack: ExitStack, file: Path, header: Sequence[str]) -> Callable[[Read, str], None]:
    """A CSV file of the rejected lines as they were, safe to open in a spreadsheet, with the reason in a last column."""
    try:
        writer: Any = csv.writer(
            stack.enter_context(file.open("w", encoding="utf-8", newline=""))
        )  # Any: csv names no type
    except OSError as problem:
        raise CommandFailed(f"{file} cannot be written: {problem.strerror}.") from problem
    writer.writerow([*(cell(name) for name in header), "problem"])
    return lambda line, reason: writer.writerow([*(cell(line.cells.get(name, "")) for name in header), reason])


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
    if tally.duplicates:
        typer.echo(
            f"{tally.duplicates:,} of the created may be there already: open, of the same account, by the same name."
        )
    if tally.left_alone:
        typer.echo(
            f"{tally.left_alone:,} were here already: what hangs on them (people, risks, activities, history …) was left as it is here."
        )
