"""The command that checks the integrity of the stored data."""

import typer
from rich.console import Console

from api.cli.runtime import with_database
from workflow.queries.integrity import IntegrityResult
from workflow.queries.integrity import verify as run_verification


def verify() -> None:
    """Check the integrity of the stored data, and change nothing.

    The checks cover foreign keys, histories, versions, event cursors and audit trails. Exits with 1 on a
    fault.
    """
    with Console(stderr=True).status("Verifying"):
        valid = with_database(lambda: run_verification(_print_result))
    if not valid:
        raise typer.Exit(1)


def _print_result(result: IntegrityResult) -> None:
    typer.echo(f"FAULT {result.name}" if result.faults else f"ok    {result.name}: {result.finding}")
    for fault in result.faults:
        typer.echo(f"      {fault}")
