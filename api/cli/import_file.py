"""The command that imports a file: the CSV of another system, JSON lines, or the demo's data set."""

import csv
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.cli.runtime import CommandFailed, OrganizationOption, progress_bar, with_database
from api.demo import crm_sales_opportunities as crm
from api.files import csv_lines, import_map
from api.files.cells import csv_cell
from api.files.csv_lines import UnreadableFileError
from api.files.formats import ImportFile, open_json_lines, open_mapped_csv
from api.files.import_batches import ImportTally
from api.files.import_map import ImportMap, InvalidMapError
from api.files.parsed_line import ParsedLine
from workflow.operations.core.context import Ctx, system_viewer
from workflow.queries.people.people import find_organization
from workflow.rules.enums import ImportOutcome, TransitionSource


class ImportPreset(StrEnum):
    """The CSV files whose columns are known."""

    PURSUIT = "pursuit"
    SALESFORCE = "salesforce"
    HUBSPOT = "hubspot"
    PIPEDRIVE = "pipedrive"
    CRM_SALES_OPPORTUNITIES = "crm-sales-opportunities"


def import_(
    file: Annotated[
        Path, typer.Argument(help="CSV file, or JSON lines (.jsonl) as written by `pursuit export`.")
    ],
    organization: OrganizationOption,
    preset: Annotated[
        ImportPreset | None,
        typer.Option(
            help="Source of the CSV file; by default detected from its columns.", show_default=False
        ),
    ] = None,
    map_: Annotated[
        Path | None, typer.Option("--map", help="TOML file that maps the columns of the CSV file to fields.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Write nothing: report what would happen, or propose a map if no preset fits."
        ),
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
        opened = _open_file(file, preset, map_)
        if opened is None:
            _propose_map(file, dry_run=dry_run)
            return
        tally = _run(organization, file.name, opened, dry_run=dry_run, rejects=rejects)
    except (UnreadableFileError, InvalidMapError) as problem:
        raise CommandFailed(str(problem)) from problem
    _print_tally(tally, dry_run=dry_run)
    if tally.counts[ImportOutcome.REJECTED]:
        raise typer.Exit(2)


def _run(
    organization: str, name: str, opened: ImportFile, *, dry_run: bool, rejects: Path | None
) -> ImportTally:
    """Import with a progress bar and a file of rejected rows. Return the counts of the outcomes."""
    with ExitStack() as stack:
        bar = progress_bar()
        task = bar.add_task(name, total=opened.total)
        tally = ImportTally(
            on_start=lambda: stack.enter_context(bar),
            on_progress=lambda done: bar.update(task, completed=done),
        )
        if rejects:
            tally.on_reject = _reject_writer(stack, rejects, opened.header)
        with_database(lambda: _import_file(organization, opened, tally, dry_run=dry_run))
    return tally


async def _import_file(organization: str, opened: ImportFile, tally: ImportTally, *, dry_run: bool) -> None:
    found = await find_organization(organization)
    ctx = Ctx(viewer=system_viewer(found.id), now=datetime.now(UTC), source=TransitionSource.IMPORT)
    await opened.run(ctx, found, tally, dry_run=dry_run)


def _open_file(file: Path, preset: ImportPreset | None, map_: Path | None) -> ImportFile | None:
    """Return the file in the named format, or else in the format that it looks like.

    None if no format fits.
    """
    if file.suffix == ".jsonl":
        return open_json_lines(file)
    looks_like_data_set = preset is None and map_ is None and file.name == crm.PIPELINE
    if preset is ImportPreset.CRM_SALES_OPPORTUNITIES or looks_like_data_set:
        return crm.DataSetFile(file, crm.count_rows(file))
    return open_mapped_csv(file, _load_map(preset, map_))


def _load_map(preset: ImportPreset | None, file: Path | None) -> ImportMap | None:
    if file is None:
        return None if preset is None else import_map.load_preset(preset)
    try:
        return import_map.parse_map(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidMapError(f"{file} cannot be read: {problem}.") from problem


def _propose_map(file: Path, *, dry_run: bool) -> None:
    """Print a map as a draft on a dry run; refuse the import otherwise."""
    if not dry_run:
        message = (
            f"No preset fits {file}. Name one with --preset, or give a map with --map; "
            "--dry-run proposes a map."
        )
        raise CommandFailed(message)
    typer.echo(import_map.propose_map(csv_lines.detect_format(file).header), nl=False)


def _reject_writer(stack: ExitStack, file: Path, header: Sequence[str]) -> Callable[[ParsedLine, str], None]:
    """Open a CSV file of the rejected rows, with the reason in a last column.

    Return the function that writes a row.
    """
    try:
        writer: Any = csv.writer(
            stack.enter_context(file.open("w", encoding="utf-8", newline=""))
        )  # Any: csv names no type
    except OSError as problem:
        raise CommandFailed(f"{file} cannot be written: {problem.strerror}.") from problem
    writer.writerow([*(csv_cell(name) for name in header), "problem"])
    return lambda line, reason: writer.writerow(
        [*(csv_cell(line.cells.get(name, "")) for name in header), reason]
    )


def _print_tally(tally: ImportTally, *, dry_run: bool) -> None:
    table = Table("outcome", "rows", title="Outcomes of a dry run" if dry_run else None)
    table.columns[1].justify = "right"
    for outcome in ImportOutcome:
        table.add_row(outcome.lower(), f"{tally.counts[outcome]:,}")
    table.add_section()
    table.add_row("all", f"{tally.done:,}")
    Console().print(table)
    if tally.duplicates:
        typer.echo(
            f"{tally.duplicates:,} of the created ones may exist already: "
            "the account has an open opportunity with the same name."
        )
    if tally.documents_skipped:
        typer.echo(
            f"{tally.documents_skipped:,} exist already: only the fields of their rows were imported, "
            "not their people, risks, activities, history and other parts."
        )
