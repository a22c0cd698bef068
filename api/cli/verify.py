"""The command that looks whether what is stored holds together."""

import typer
from rich.console import Console

from api.cli.runtime import with_database
from workflow.queries.integrity import Verified
from workflow.queries.integrity import verify as look_at_everything


def verify() -> None:
    """Check foreign keys, histories, versions, event cursors and audit trails; exit 1 on a fault. Changes nothing."""
    with Console(stderr=True).status("Verifying"):
        sound = with_database(lambda: look_at_everything(_tell))
    if not sound:
        raise typer.Exit(1)


def _tell(one: Verified) -> None:
    typer.echo(f"FAULT {one.name}" if one.faults else f"ok    {one.name}: {one.finding}")
    for fault in one.faults:
        typer.echo(f"      {fault}")
