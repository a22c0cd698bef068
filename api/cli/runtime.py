"""Helpers of every command: settings, database, progress bar, and failures in one line."""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Annotated, NoReturn, TypeVar

import asyncpg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from tortoise.exceptions import BaseORMException

from api.config.settings import Settings
from workflow.models.engine.database import open_database
from workflow.models.engine.migrating import MigrationRefused, pending
from workflow.rules.errors import UnavailableError

T = TypeVar("T")

DATABASE_ERRORS = (
    UnavailableError,
    MigrationRefused,
    BaseORMException,
    OSError,
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)
"""Exceptions if the database does not answer, is of another kind, or cannot be opened."""
ORGANIZATION_ID_PREFIX = "T3JnYW5pemF0aW9u"
"""Beginning of every organization id of the API: `Organization` in base64."""


def parse_organization(text: str) -> str:
    """Return a name unchanged, and an id of the API as the stored id."""
    if text.startswith(ORGANIZATION_ID_PREFIX):
        from schema.core.ids import decode  # here because commands start faster without it

        if (found := decode(text)) is not None:
            return str(found[1])
    return text


OrganizationOption = Annotated[
    str, typer.Option(metavar="NAME", help="Name or id of the organization.", parser=parse_organization)
]


class CommandFailed(Exception):
    """A failure of a command, in one line for its user."""


def load_settings() -> Settings:
    """Read the settings from the environment; refuse a folder as the database."""
    settings = Settings.read(os.environ)
    if settings.sqlite_file and settings.sqlite_file.is_dir():
        raise CommandFailed(f"{settings.sqlite_file} is a folder. Set PURSUIT_DATABASE_URL to a file in it.")
    return settings


def progress_bar() -> Progress:
    """Return a progress bar on standard error, so that standard output can be piped."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def with_database(work: Callable[[], Awaitable[T]]) -> T:
    """Run the work on the configured database, which must be up to date."""
    url = load_settings().database_url
    return asyncio.run(_run_on_migrated(url, work))


def fail(message: str, *, code: int = 1) -> NoReturn:
    """Print one line on standard error and end the command."""
    typer.echo(f"pursuit: {' '.join(message.split())}", err=True)
    raise SystemExit(code)


async def require_migrated(url: str) -> None:
    """Refuse a database with pending migrations."""
    if names := await pending(url):
        count = "1 pending migration" if len(names) == 1 else f"{len(names)} pending migrations"
        raise CommandFailed(f"The database has {count}. Run `pursuit migrate` first.")


async def _run_on_migrated(url: str, work: Callable[[], Awaitable[T]]) -> T:
    await require_migrated(url)
    async with open_database(url):
        return await work()
