"""Commands that start the server and check the installation."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.checks import run_checks
from api.cli.runtime import CommandFailed, require_migrated
from api.cli.runtime import load_settings as read_settings
from api.config.settings import Settings
from workflow.models.engine.database import single_process
from workflow.models.engine.migrating import migrate

DEMO_KEYS = Path("var/demo-keys.json")
UVICORN_OPTIONS: dict[str, Any] = {
    "factory": True,
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "ws": "websockets-sansio",
    "timeout_graceful_shutdown": 10,
    # Clients and proxies close idle connections sooner; if the server did, it could be under a new request.
    "timeout_keep_alive": 75,
}
"""Options of uvicorn; requests are logged by RequestLogMiddleware."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; overrides PURSUIT_HOST.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on; overrides PORT.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Number of server processes. More than one requires PostgreSQL.")
    ] = 1,
    demo: Annotated[
        bool,
        typer.Option(
            "--demo",
            help="Migrate the database, import the demo data on the first start, "
            "and print an API key per role.",
        ),
    ] = False,
) -> None:
    """Serve the GraphQL API, with the background work unless PURSUIT_WORKER is off."""
    import uvicorn  # this and the next import are here because the other commands start faster without them

    from api.http.requests import BODY_LIMIT

    configured = read_settings()
    settings = replace(configured, host=host or configured.host, port=port or configured.port)
    settings.require_secret_key()
    _require_postgres_for(workers, settings)
    _require_free_port(settings)
    with single_process(settings.database_url):
        keys = asyncio.run(_prepare(settings, demo=demo))
    _print_address(settings, keys)
    address: dict[str, Any] = {"host": settings.host, "port": settings.port, "workers": workers}
    # A message of a WebSocket has the same limit as a body.
    uvicorn.run("api.app:from_environment", **address, **UVICORN_OPTIONS, ws_max_size=BODY_LIMIT)


def doctor() -> None:
    """Check the installation, and print a remedy for each fault.

    The checks cover the settings, the database, its migrations, the worker, the token issuer and the clock.
    Exits with 1 if a check fails.
    """
    healthy = True
    for check in asyncio.run(run_checks()):
        typer.echo(f"{'ok   ' if check.remedy is None else 'FAULT'} {check.name}: {check.finding}")
        if check.remedy is not None:
            healthy = False
            typer.echo(f"      {check.remedy}")
    if not healthy:
        raise typer.Exit(1)


def _require_postgres_for(workers: int, settings: Settings) -> None:
    if workers > 1 and settings.sqlite_file:
        raise CommandFailed(
            f"--workers {workers} requires PostgreSQL, because only one process can serve a SQLite file. "
            "Set PURSUIT_DATABASE_URL to a postgres:// address, or omit --workers."
        )


def _require_free_port(settings: Settings) -> None:
    """Refuse an address that is in use or not available, before the demo is imported."""
    try:
        family, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        raise CommandFailed(
            f"Cannot listen on {settings.host}:{settings.port}: {problem.strerror}. "
            "Set another port with --port or PORT, or another address with --host or PURSUIT_HOST."
        ) from problem


async def _prepare(settings: Settings, *, demo: bool) -> dict[str, str]:
    if not demo:
        await require_migrated(settings.database_url)
        return {}
    from api.demo import ensure_demo  # here because only the demo needs the import and its data

    await migrate(settings.database_url)
    return await ensure_demo(settings.database_url, DEMO_KEYS, report=typer.echo)


def _print_address(settings: Settings, keys: dict[str, str]) -> None:
    shown = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host
    host = f"[{shown}]" if ":" in shown else shown
    typer.echo(f"Pursuit is serving http://{host}:{settings.port}/graphql")
    if keys:
        typer.echo("API keys of the demo by role; send one as `Authorization: Bearer <key>`:")
    for role, api_key in keys.items():
        typer.echo(f"  {role:<12} {api_key}")
