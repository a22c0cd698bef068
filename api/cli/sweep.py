"""The command that updates stored values of open deals that change with time."""

from datetime import UTC, datetime

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn

from api.cli.runtime import with_database
from workflow.operations.alerts.sweep import SweepResult
from workflow.operations.alerts.sweep import sweep as run_sweep


def sweep() -> None:
    """Update what changes with the date, for every organization.

    These are alerts, health, missed milestones, digests and values in other currencies. The worker does the
    same every 15 minutes.
    """
    with Progress(
        TextColumn("{task.completed:,} opportunities"), console=Console(stderr=True), transient=True
    ) as progress:
        task = progress.add_task("sweep", total=None)

        async def show_progress(swept: SweepResult) -> None:
            progress.update(task, completed=swept.deals)

        done = with_database(lambda: run_sweep(lambda: datetime.now(UTC), on_progress=show_progress))
    typer.echo(
        f"Opportunities evaluated: {done.deals:,}. Health changed: {done.healths:,}. "
        f"Milestones missed: {done.milestones:,}. Converted values changed: {done.values:,}. "
        f"Alerts changed: {done.alerts:,}."
    )
