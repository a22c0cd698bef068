"""A worker as a process of its own that sweeps by a clock which a test moves: python -m tests.operations.alerts.sweep_process URL CLOCK."""

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
"""So few deals in one transaction that a sweep takes many, and can be stopped between any two and within each."""


def read_clock(file: Path) -> datetime:
    """The instant that the file says, in seconds after NOW."""
    return NOW + timedelta(seconds=float(file.read_text()))


def set_clock(file: Path, now: datetime) -> None:
    """Every process reads the new instant from now on, and none half of it."""
    other = file.with_suffix(".new")
    other.write_text(str((now - NOW).total_seconds()))
    other.replace(file)


async def run_worker(url: str, file: Path) -> None:
    """Sweep whenever that is due, and say so: `batch` after each, `done` after the last."""
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
