"""The command that runs the background worker without serving requests."""

import asyncio
import os
import signal

import typer

from api.cli.runtime import load_settings as read_settings
from api.cli.runtime import require_migrated
from api.config.settings import Settings
from workflow.models.engine.database import open_database, single_process
from workflow.operations.core.vault import Vault


def worker() -> None:
    """Run the background work without serving: sweeps, digests and webhooks.

    It runs until Ctrl-C or SIGTERM. On PostgreSQL, several workers share the work.
    """
    settings = read_settings()
    settings.require_secret_key()
    with single_process(settings.database_url):
        asyncio.run(_run_worker(settings))


async def _run_worker(settings: Settings) -> None:
    from api.config.telemetry import (
        configure_logging,
    )  # here because the other commands start faster without it
    from api.worker.webhook_sender import WebhookSender
    from api.worker.worker import Worker
    from workflow.queries.events.subscribe import FeedDispatcher

    await require_migrated(settings.database_url)
    configure_logging(settings)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    feed = FeedDispatcher()
    sender = WebhookSender(Vault(settings.vault_keys()), allow_private=settings.webhook_allow_private)
    async with open_database(settings.database_url, serving=True):
        async with Worker(feed, sender).running():
            typer.echo(f"The worker is running (process {os.getpid()}). Stop it with Ctrl-C.")
            await stopped.wait()
            typer.echo("The worker is stopping.")
        await feed.close()
