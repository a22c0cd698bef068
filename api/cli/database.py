"""Commands on the database's shape and the schema's text."""

import asyncio
from typing import Annotated

import typer

from api.cli.runtime import settings
from workflow.models.engine.migrating import migrate as bring_to_newest
from workflow.models.engine.migrating import pending


def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 where the database is behind.")
    ] = False,
) -> None:
    """Bring the database to the newest schema."""
    here = settings()
    if check:
        _tell_pending(asyncio.run(pending(here.database_url)))
        return
    if here.sqlite_file:
        here.sqlite_file.parent.mkdir(parents=True, exist_ok=True)
    done = asyncio.run(bring_to_newest(here.database_url))
    for name in done:
        typer.echo(f"applied {name}")
    typer.echo("The database is at the newest schema.")


def schema() -> None:
    """Print the GraphQL schema."""
    from schema import schema as graphql_schema  # here, for the other commands start faster without it

    typer.echo(graphql_schema.as_str())


def _tell_pending(behind: list[str]) -> None:
    for name in behind:
        typer.echo(f"pending {name}")
    if behind:
        raise typer.Exit(1)
    typer.echo("The database is at the newest schema.")
