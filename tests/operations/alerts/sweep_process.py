"""A process that sweeps by a clock in a file: python -m tests.operations.alerts.sweep_process URL CLOCK."""

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.worker import worker
from api.worker.webhook_sender import WebhookSender
from tests.support.organizations import NOW, VAULT
from workflow.models.engine.database import open_database
from workflow.operations.alerts import sweep
from workflow.queries.events.subscribe import FeedDispatcher

BATCH = 8
"""So small that a sweep needs many transactions and can be stopped between and within them."""


def read_clock(file: Path) -> datetime:
    """Return the time in the file, which contains seconds after NOW."""
    return NOW + timedelta(seconds=float(file.read_text()))


def set_clock(file: Path, now: datetime) -> None:
    """Set the time for all processes, by an atomic replacement of the file."""
    other = file.with_suffix(".new")
    other.write_text(str((now - NOW).total_seconds()))
    other.replace(file)


async def run_worker(url: str, file: Path) -> None:
    """Sweep when it is due. Print `batch` after each batch and `done` at the end."""
    works: Any = worker  # Any: what it does is heard, not replaced
    renew = works.renew_lease
    release = works.release_lease

    async def announce(what: str, then: Any) -> None:
        await then
        print(what, flush=True)

    sweep.BATCH_SIZE = BATCH
    works.POLL_INTERVAL = 0.05
    works.renew_lease = lambda *given: announce("batch", renew(*given))
    works.release_lease = lambda *given: announce("done", release(*given))
    tail = FeedDispatcher()
    async with (
        open_database(url),
        worker.Worker(
            tail, WebhookSender(VAULT, allow_private=False), clock=lambda: read_clock(file)
        ).running(),
    ):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run_worker(sys.argv[1], Path(sys.argv[2])))
