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

from api.cli.runtime import CommandFailed, OrganizationOption, with_database
from api.demo import crm_sales_opportunities as crm
from api.files import csv_lines, import_map, jsonl_rows, mapped_rows
from api.files.cells import RecordKind, csv_cell
from api.files.csv_lines import UnreadableFileError
from api.files.import_batches import ImportTally, import_lines
from api.files.import_map import ImportMap, InvalidMapError
from api.files.jsonl_accounts_contacts import detect_kind, import_records
from api.files.parsed_line import ParsedLine
from workflow.models import Member
from workflow.models.engine.database import transaction
from workflow.operations.change.change import DryRunRollback
from workflow.operations.core.context import Ctx, system_viewer
from workflow.queries.people.people import OrganizationRow, find_organization
from workflow.rules.enums import ImportOutcome, TransitionSource
from workflow.rules.errors import InvalidInputError


class ImportPreset(StrEnum):
    """The files that are understood."""

    PURSUIT = "pursuit"
    SALESFORCE = "salesforce"
    HUBSPOT = "hubspot"
    PIPEDRIVE = "pipedrive"
    CRM_SALES_OPPORTUNITIES = "crm-sales-opportunities"


@dataclass(frozen=True, slots=True)
class ImportSource:
    """A file that is understood: its columns, how many lines it has, and what each means for an organization."""

    header: Sequence[str]
    total: int
    map: ImportMap | None = None
    csv_format: csv_lines.CsvFormat | None = None
    kind: RecordKind = RecordKind.OPPORTUNITIES


def import_(
    file: Annotated[Path, typer.Argument(help="CSV file, or JSON lines (.jsonl) as written by `pursuit export`.")],
    organization: OrganizationOption,
    preset: Annotated[
        ImportPreset | None,
        typer.Option(help="Source of the CSV file; by default detected from its columns.", show_default=False),
    ] = None,
    map_: Annotated[
        Path | None, typer.Option("--map", help="TOML file that maps the columns of the CSV file to fields.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Write nothing: report what would happen, or propose a map if no preset fits."),
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="File to write the rejected rows to, each with its reason.")
    ] = None,
) -> None:
    """Import opportunities from a CSV file, or opportunities, accounts or contacts from JSON lines.

    Importing a file again skips the rows that are already imported, so an interrupted import can be repeated.
    Exits with 2 if rows were rejected.
    """
    try:
        source = _detect_source(file, preset, map_)
        if source is None:
            _propose(file, dry_run=dry_run)
            return
        tally = _run(organization, file, source, dry_run=dry_run, rejects=rejects)
    except (UnreadableFileError, InvalidMapError) as problem:
        raise CommandFailed(str(problem)) from problem
    _print_tally(tally, dry_run=dry_run)
    if tally.counts[ImportOutcome.REJECTED]:
        raise typer.Exit(2)


def _run(organization: str, file: Path, source: ImportSource, *, dry_run: bool, rejects: Path | None) -> ImportTally:
    """Import with a progress bar and a file of rejects; what came of it."""
    with ExitStack() as stack:
        bar = _progress_bar()
        task = bar.add_task(file.name, total=source.total)
        tally = ImportTally(
            on_start=lambda: stack.enter_context(bar), on_progress=lambda done: bar.update(task, completed=done)
        )
        if rejects:
            tally.on_reject = _reject_writer(stack, rejects, source.header)
        with_database(lambda: _import_source(organization, file, source, tally, dry_run=dry_run))
    return tally


def _detect_source(file: Path, preset: ImportPreset | None, map_: Path | None) -> ImportSource | None:
    """How the file is understood: by the map or the preset that is named, else by what it looks like; None where nothing fits."""
    if file.suffix == ".jsonl":
        return ImportSource([jsonl_rows.LINE_COLUMN], jsonl_rows.count_lines(file), kind=detect_kind(file))
    if preset is ImportPreset.CRM_SALES_OPPORTUNITIES or (
        preset is None and map_ is None and file.name == crm.PIPELINE
    ):
        return ImportSource(crm.HEADER, crm.count_rows(file))
    csv_format = csv_lines.detect_format(file)
    found = _load_map(preset, map_) or import_map.best_preset(csv_format.header)
    if found is None:
        return None
    matched = found.match_header(csv_format.header)
    if missing := [ours for ours in import_map.REQUIRED_FIELDS if ours not in matched]:
        spellings = ", ".join(found.columns.get(missing[0], ())) or "none"
        message = f"{file} has no column for `{missing[0]}`: the map knows {spellings}. Give a map with --map; --dry-run alone proposes one."
        raise UnreadableFileError(message)
    return ImportSource(csv_format.header, csv_lines.count_lines(file, csv_format), found, csv_format)


def _load_map(preset: ImportPreset | None, file: Path | None) -> ImportMap | None:
    if file is None:
        return None if preset is None else import_map.load_preset(preset)
    try:
        return import_map.parse_map(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidMapError(f"{file} cannot be read: {problem}.") from problem


def _propose(file: Path, *, dry_run: bool) -> None:
    """A map to begin with, where that is asked for."""
    if not dry_run:
        message = f"No preset fits {file}. Name one with --preset, or give a map with --map; --dry-run proposes one."
        raise CommandFailed(message)
    typer.echo(import_map.propose_map(csv_lines.detect_format(file).header), nl=False)


async def _import_source(
    organization: str, file: Path, source: ImportSource, tally: ImportTally, *, dry_run: bool
) -> None:
    found = await find_organization(organization)
    ctx = Ctx(viewer=system_viewer(found.id), now=datetime.now(UTC), source=TransitionSource.IMPORT)
    if source.kind is not RecordKind.OPPORTUNITIES:
        tally.on_start()
        await import_records(ctx, source.kind, file, tally, dry_run=dry_run)
    elif source.map is None and file.suffix != ".jsonl":
        tally.on_start()
        options = crm.DataSetOptions(currency=found.base_currency, zone=ZoneInfo(found.time_zone))
        await _import_data_set(ctx, file, options, tally, dry_run=dry_run)
    else:
        lines = await _parsed_lines(found, file, source)
        tally.on_start()
        await import_lines(ctx, lines, tally, dry_run=dry_run)


async def _parsed_lines(organization: OrganizationRow, file: Path, source: ImportSource) -> Iterable[ParsedLine]:
    """What each line means, read as it is asked for."""
    if source.map is None or source.csv_format is None:
        return jsonl_rows.parse_lines(file)
    mapping, csv_format = source.map, source.csv_format

    def values(*ours: str) -> Iterable[str]:
        return csv_lines.column_values(
            file, csv_format, [name for one in ours for name in mapping.columns_for(csv_format.header, one)]
        )

    value_format = mapped_rows.ValueFormat(
        zone=ZoneInfo(organization.time_zone),
        currency=organization.base_currency,
        dates=mapped_rows.detect_date_order(values(*mapped_rows.DATE_FIELDS), mapping.dates),
        decimal=mapped_rows.detect_decimal_mark(values("amount"), mapping.decimal),
        owners=await _owner_emails(organization),
    )
    mapper = mapped_rows.RowMapper(mapping, csv_format.header, value_format)
    return (_parse_line(mapper, mapping.external_system, line) for line in csv_lines.lines(file, csv_format))


def _parse_line(mapper: mapped_rows.RowMapper, system: str, line: csv_lines.CsvLine) -> ParsedLine:
    try:
        return ParsedLine(line.cells, mapper.key(line), system, mapper.row(line), mapper.contact(line))
    except InvalidInputError as problem:
        return ParsedLine(line.cells, mapper.key(line), system, problem)


async def _owner_emails(organization: OrganizationRow) -> dict[str, str]:
    """The e-mail of each active member by a name that only one of them has."""
    people = await Member.filter(organization_id=organization.id, active=True).values("name", "email")
    names = [person["name"].casefold() for person in people]
    return {name: person["email"] for name, person in zip(names, people, strict=True) if names.count(name) == 1}


async def _import_data_set(
    ctx: Ctx, file: Path, options: crm.DataSetOptions, tally: ImportTally, *, dry_run: bool
) -> None:
    """The data set with its sellers and accounts; what is only tried is taken back."""
    if not dry_run:
        return await crm.import_data_set(ctx, file, options, tally)

    async def import_and_roll_back() -> None:
        tally.counts.clear()
        await crm.import_data_set(ctx, file, options, tally)
        raise DryRunRollback(None)

    try:
        await transaction(import_and_roll_back)
    except DryRunRollback:
        return None


def _reject_writer(stack: ExitStack, file: Path, header: Sequence[str]) -> Callable[[ParsedLine, str], None]:
    """A CSV file of the rejected lines as they were, safe to open in a spreadsheet, with the reason in a last column."""
    try:
        writer: Any = csv.writer(
            stack.enter_context(file.open("w", encoding="utf-8", newline=""))
        )  # Any: csv names no type
    except OSError as problem:
        raise CommandFailed(f"{file} cannot be written: {problem.strerror}.") from problem
    writer.writerow([*(csv_cell(name) for name in header), "problem"])
    return lambda line, reason: writer.writerow([*(csv_cell(line.cells.get(name, "")) for name in header), reason])


def _progress_bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def _print_tally(tally: ImportTally, *, dry_run: bool) -> None:
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
    if tally.children_skipped:
        typer.echo(
            f"{tally.children_skipped:,} were here already: what hangs on them (people, risks, activities, history …) was left as it is here."
        )
