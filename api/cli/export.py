"""The command that writes an organization's rows to a file or to standard output, some at a time."""

import csv
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.cli.runtime import CommandFailed, OfWhom, with_database
from api.files.cells import Kind, cell, line
from workflow.operations.core.context import system_viewer
from workflow.queries.people.people import OrganizationRow, organization_called
from workflow.queries.transfer.export import COUNTS

if TYPE_CHECKING:
    from api.files.exports import Export


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


def export(
    what: Annotated[Kind, typer.Argument(help="Which rows.", show_default=False)],
    organization: OfWhom,
    format_: Annotated[
        Format, typer.Option("--format", help="jsonl: one JSON object a line, without loss. csv: for spreadsheets.")
    ] = Format.JSONL,
    out: Annotated[Path | None, typer.Option(help="The file to write; standard output where left out.")] = None,
) -> None:
    """Export rows; JSONL of opportunities is what `pursuit import` takes."""
    try:
        with _target(out) as file:
            with_database(lambda: _written(what, organization, format_, file))
    except BrokenPipeError:  # whoever read it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _written(what: Kind, organization: str, format_: Format, file: TextIO) -> None:
    from api.files.exports import EXPORTS  # here, for the other commands start faster without it

    home = await organization_called(organization)
    viewer, export_ = system_viewer(home.id), EXPORTS[what]
    write = _lines(file, export_, home) if format_ is Format.JSONL else _table(file, export_, home)
    with _bar() as bar:
        task = bar.add_task(what, total=await COUNTS[what](viewer))
        narrow = export_.walk_for_cells if format_ is Format.CSV else None
        rows: AsyncIterator[list[object]] = (narrow or export_.walk)(viewer)
        async for batch in rows:
            for row in batch:
                write(row)
            bar.advance(task, len(batch))
    file.flush()


def _lines(file: TextIO, export_: "Export", home: OrganizationRow) -> Callable[[object], object]:
    return lambda row: file.write(line(export_.record(row, home)))


def _table(file: TextIO, export_: "Export", home: OrganizationRow) -> Callable[[object], object]:
    """A header from the first row, then cells that are safe to open."""
    writer = csv.writer(file, lineterminator="\r\n")
    header: list[str] = []

    def write(row: object) -> None:
        cells = export_.cells(row, home)
        if not header:
            header.extend(cells)
            writer.writerow(header)
        writer.writerow([cell(cells[name]) for name in header])

    return write


@contextmanager
def _target(out: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is there whole or not at all."""
    if out is None:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]  # it is a text stream
        yield sys.stdout
        return
    half = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with half.open("w", encoding="utf-8", newline="") as file:
            yield file
        half.replace(out)
    except OSError as problem:
        raise CommandFailed(
            f"{out} cannot be written: {problem.strerror}. Check the path and the space left."
        ) from problem
    finally:
        half.unlink(missing_ok=True)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))
