"""Commands that migrate the database and print the GraphQL schema."""

import asyncio
from typing import Annotated

import typer

from api.cli.runtime import load_settings
from workflow.models.engine.migrating import migrate as apply_migrations
from workflow.models.engine.migrating import pending

UP_TO_DATE = "The database is up to date."


def migrate(
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="List the pending migrations, change nothing, and exit with 1 if there are any."
        ),
    ] = False,
) -> None:
    """Apply all pending migrations to the database."""
    configured = load_settings()
    if check:
        _print_pending(asyncio.run(pending(configured.database_url)))
        return
    if configured.sqlite_file:
        configured.sqlite_file.parent.mkdir(parents=True, exist_ok=True)
    applied = asyncio.run(apply_migrations(configured.database_url))
    for name in applied:
        typer.echo(f"applied {name}")
    typer.echo(UP_TO_DATE)


def schema() -> None:
    """Print the GraphQL schema as SDL."""
    from schema import schema as graphql_schema  # here because the other commands start faster without it

    typer.echo(graphql_schema.as_str())


def _print_pending(names: list[str]) -> None:
    for name in names:
        typer.echo(f"pending {name}")
    if names:
        raise typer.Exit(1)
    typer.echo(UP_TO_DATE)
