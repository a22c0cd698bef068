"""The command that exports an organization's records to a file or to standard output, in batches."""

import csv
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from api.cli.runtime import CommandFailed, OrganizationOption, progress_bar, with_database
from api.files.atomic_file import write_atomically
from api.files.cells import RecordKind, csv_cell, json_line
from workflow.operations.core.context import system_viewer
from workflow.queries.people.people import OrganizationRow, find_organization
from workflow.queries.transfer.export import ROW_COUNTS

if TYPE_CHECKING:
    from api.files.exports import Export


class ExportFormat(StrEnum):
    """The formats of an export."""

    CSV = "csv"
    JSONL = "jsonl"


def export(
    what: Annotated[RecordKind, typer.Argument(help="Kind of rows to export.", show_default=False)],
    organization: OrganizationOption,
    format_: Annotated[
        ExportFormat,
        typer.Option("--format", help="jsonl: one JSON object per line, complete. csv: for spreadsheets."),
    ] = ExportFormat.JSONL,
    out: Annotated[Path | None, typer.Option(help="File to write; by default standard output.")] = None,
) -> None:
    """Export the rows of an organization.

    `pursuit import` reads opportunities, accounts and contacts that were exported as JSON lines.
    """
    try:
        with _open_output(out) as file:
            with_database(lambda: _write_export(what, organization, format_, file))
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe. Without this Python reports the error
        # again when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _write_export(kind: RecordKind, organization: str, format_: ExportFormat, file: TextIO) -> None:
    from api.files.exports import EXPORTS  # here, because other commands start faster without it

    found = await find_organization(organization)
    viewer = system_viewer(found.id)
    export_ = EXPORTS[kind]
    write = (
        _json_writer(file, export_, found)
        if format_ is ExportFormat.JSONL
        else _csv_writer(file, export_, found)
    )
    with progress_bar() as bar:
        task = bar.add_task(kind, total=await ROW_COUNTS[kind](viewer))
        batches_for_cells = export_.batches_for_cells if format_ is ExportFormat.CSV else None
        rows: AsyncIterator[list[object]] = (batches_for_cells or export_.batches)(viewer)
        async for batch in rows:
            for row in batch:
                write(row)
            bar.advance(task, len(batch))
    file.flush()


def _json_writer(
    file: TextIO, export_: "Export", organization: OrganizationRow
) -> Callable[[object], object]:
    return lambda row: file.write(json_line(export_.record(row, organization)))


def _csv_writer(file: TextIO, export_: "Export", organization: OrganizationRow) -> Callable[[object], object]:
    """Return the function that writes a row, before the first one the header."""
    writer = csv.writer(file, lineterminator="\r\n")
    header: list[str] = []

    def write(row: object) -> None:
        cells = export_.cells(row, organization)
        if not header:
            header.extend(cells)
            writer.writerow(header)
        writer.writerow([csv_cell(cells[name]) for name in header])

    return write


@contextmanager
def _open_output(out: Path | None) -> Iterator[TextIO]:
    """Open standard output, or a file that is complete or absent afterwards."""
    if out is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]  # it is a text stream
        yield sys.stdout
        return
    try:
        with write_atomically(out) as file:
            yield file
    except OSError as problem:
        raise CommandFailed(
            f"{out} cannot be written: {problem.strerror}. Check the path and the free space."
        ) from problem
