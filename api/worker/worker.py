"""Background worker: relays events to webhook endpoints, sends due deliveries, and sweeps open deals."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

from api.worker.webhook_sender import WebhookSender
from workflow.operations.alerts.sweep import sweep
from workflow.operations.core.leases import acquire_lease, release_lease, renew_lease
from workflow.operations.webhooks.delivery import (
    DueEndpoint,
    LeasedDelivery,
    delete_old_deliveries,
    due_endpoints,
    lease_deliveries,
    record_outcome,
    release_delivery,
)
from workflow.operations.webhooks.relay import relay
from workflow.queries.events.subscribe import FeedDispatcher, FeedSubscriber
from workflow.rules.errors import UnavailableError

logger = logging.getLogger("pursuit.worker")

POLL_INTERVAL = 1.0
"""Maximum seconds between two runs; a retry becomes due without an event."""
MAX_IN_FLIGHT = 8
"""Concurrent deliveries to one endpoint, so that a slow receiver delays only its own."""
CLEANUP_INTERVAL = timedelta(hours=1)
SWEEP_INTERVAL = timedelta(minutes=15)
"""Time between two sweeps by all workers together."""
SWEEP_CHECK_INTERVAL = timedelta(seconds=10)
"""Time between two attempts of this worker to acquire the lease of the sweep."""


class Worker:
    """Runs the background work until it is stopped; several workers share the work."""

    def __init__(
        self,
        feed: FeedDispatcher,
        sender: WebhookSender,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._feed = feed
        self._sender = sender
        self._clock = clock
        self._in_flight: dict[asyncio.Task[None], DueEndpoint] = {}
        self._sweep_task: asyncio.Task[None] | None = None
        self._sweep_checked_at = clock() - SWEEP_CHECK_INTERVAL
        self._slot_freed = asyncio.Event()
        self._cleaned_at = clock() - CLEANUP_INTERVAL

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the worker in the background; at the end, release the deliveries in flight."""
        loop_task = asyncio.create_task(self._run_forever())
        try:
            yield
        finally:
            sweep_tasks = {self._sweep_task} if self._sweep_task else set()
            tasks = {loop_task, *self._in_flight, *sweep_tasks}
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await self._sender.close()

    async def _run_forever(self) -> None:
        async with self._feed.subscribe(None, lambda head: True) as subscriber:
            while True:
                try:
                    await self._run_once()
                except UnavailableError as problem:
                    logger.warning("%s The worker tries again in %g seconds", problem, POLL_INTERVAL)
                except Exception:
                    logger.exception("worker run failed; retrying")
                await self._wait_for_work(subscriber)

    async def _wait_for_work(self, subscriber: FeedSubscriber) -> None:
        """Wait for an event or a free slot, at most POLL_INTERVAL."""
        waits = [asyncio.create_task(subscriber.wait()), asyncio.create_task(self._slot_freed.wait())]
        try:
            await asyncio.wait(waits, timeout=POLL_INTERVAL, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        # Before the next run: a slot that is freed during it causes another one.
        self._slot_freed.clear()

    async def _run_once(self) -> None:
        """Start a sweep if it is time, relay new events, send due deliveries, and delete old ones."""
        self._start_sweep()
        await relay(self._clock())
        await self._start_deliveries()
        # It deletes a batch per run; the interval begins when no old delivery is left.
        if self._clock() - self._cleaned_at >= CLEANUP_INTERVAL and not await delete_old_deliveries(
            self._clock()
        ):
            self._cleaned_at = self._clock()

    def _start_sweep(self) -> None:
        """Start a sweep in the background unless one is running or was checked a moment ago."""
        is_running = self._sweep_task is not None and not self._sweep_task.done()
        now = self._clock()
        if not is_running and now - self._sweep_checked_at >= SWEEP_CHECK_INTERVAL:
            self._sweep_checked_at = now
            # Not awaited, because a sweep takes long and would delay deliveries.
            self._sweep_task = asyncio.create_task(self._sweep(now))

    async def _start_deliveries(self) -> None:
        """Lease as many due deliveries of each endpoint as there are free slots, and send them."""
        in_flight = Counter(self._in_flight.values())
        for endpoint in await due_endpoints(self._clock()):
            free = MAX_IN_FLIGHT - in_flight[endpoint]
            for delivery in await lease_deliveries(endpoint, self._clock(), free) if free > 0 else ():
                task = asyncio.create_task(self._send(delivery))
                self._in_flight[task] = endpoint
                task.add_done_callback(self._on_sent)

    async def _sweep(self, now: datetime) -> None:
        """Sweep the open deals of all organizations if that is due and no other process does it."""
        try:
            if await acquire_lease("sweep", SWEEP_INTERVAL, now):
                await sweep(self._clock, on_progress=lambda swept: renew_lease("sweep", self._clock()))
                await release_lease("sweep", now)
        except UnavailableError as problem:
            logger.warning("%s The sweep starts again when its lease ends", problem)
        except Exception:
            logger.exception("sweep failed; it starts again when its lease ends")

    async def _send(self, delivery: LeasedDelivery) -> None:
        try:
            outcome = await self._sender.send(delivery, self._clock())
            await record_outcome(delivery, outcome, self._clock())
        except asyncio.CancelledError:
            # Released, another worker need not wait until the lease ends.
            with suppress(Exception):
                await asyncio.shield(release_delivery(delivery))
            raise
        except UnavailableError as problem:
            logger.warning("%s The delivery is sent again when its lease ends", problem)
        except Exception:
            logger.exception("delivery outcome not recorded; it is sent again when its lease ends")

    def _on_sent(self, task: "asyncio.Task[None]") -> None:
        del self._in_flight[task]
        self._slot_freed.set()
