"""How every command runs: settings read, database open, and a failure said in one line."""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Annotated, NoReturn, TypeVar

import asyncpg
import typer
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
"""What a database raises that is away, of another kind, or not ours to open."""


ORGANIZATION_ID_PREFIX = "T3JnYW5pemF0aW9u"
"""How every id begins by which the API names an organization."""


def parse_organization(text: str) -> str:
    """An organization's name or id as it is kept: an id may be given as the API prints it."""
    if text.startswith(ORGANIZATION_ID_PREFIX):
        from schema.core.ids import decode  # here, for commands start faster without the schema

        if (found := decode(text)) is not None:
            return str(found[1])
    return text


OrganizationOption = Annotated[
    str, typer.Option(metavar="NAME", help="Name or id of the organization.", parser=parse_organization)
]


class CommandFailed(Exception):
    """What a command could not do, in one readable line."""


def load_settings() -> Settings:
    """The settings of this command's environment; a folder is no database."""
    configured = Settings.read(os.environ)
    if configured.sqlite_file and configured.sqlite_file.is_dir():
        raise CommandFailed(f"{configured.sqlite_file} is a folder. Name a file in it with PURSUIT_DATABASE_URL.")
    return configured


def with_database(work: Callable[[], Awaitable[T]]) -> T:
    """Run something on the open database, which has to be at the newest schema."""
    url = load_settings().database_url
    return asyncio.run(_run_on_migrated(url, work))


def fail(message: str, *, code: int = 1) -> NoReturn:
    """End the command with one line on standard error."""
    typer.echo(f"pursuit: {' '.join(message.split())}", err=True)
    raise SystemExit(code)


async def require_migrated(url: str) -> None:
    """Refuse a database that is behind the newest schema."""
    if names := await pending(url):
        count = "1 migration" if len(names) == 1 else f"{len(names)} migrations"
        raise CommandFailed(f"The database is {count} behind. Run `pursuit migrate` first.")


async def _run_on_migrated(url: str, work: Callable[[], Awaitable[T]]) -> T:
    await require_migrated(url)
    async with open_database(url):
        return await work()
