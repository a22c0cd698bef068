"""What works beside the requests: facts become deliveries, and deliveries are sent, to each receiver some at once."""

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

logger = logging.getLogger("pursuit.worker")

POLL_INTERVAL = 1.0
"""Seconds after which it looks without being woken: a delivery may be due again."""
MAX_IN_FLIGHT = 8
"""Parcels on their way to one receiver: one that is slow holds up none but its own."""
CLEANUP_INTERVAL = timedelta(hours=1)
SWEEP_INTERVAL, SWEEP_CHECK_INTERVAL = timedelta(minutes=15), timedelta(seconds=10)
"""How often time's passing is brought in, and how often it is asked whether that is due."""


class Worker:
    """Relays and sends until it is stopped; several share the work."""

    def __init__(
        self, feed: FeedDispatcher, sender: WebhookSender, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._feed, self._sender, self._clock = feed, sender, clock
        self._in_flight: dict[asyncio.Task[None], DueEndpoint] = {}
        self._sweep_task: asyncio.Task[None] | None = None
        self._sweep_checked_at = clock() - SWEEP_CHECK_INTERVAL
        self._slot_freed = asyncio.Event()
        self._cleaned_at = clock() - CLEANUP_INTERVAL

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work meanwhile; at the end what is on its way is given back, for whoever comes next."""
        loop_task = asyncio.create_task(self._run_forever())
        try:
            yield
        finally:
            sweep_tasks = {self._sweep_task} if self._sweep_task else set()
            for task in (tasks := {loop_task, *self._in_flight, *sweep_tasks}):
                task.cancel()
            await asyncio.wait(tasks)
            await self._sender.close()

    async def _run_forever(self) -> None:
        async with self._feed.subscribe(None, lambda head: True) as subscriber:
            while True:
                try:
                    await self._run_once()
                except Exception:
                    logger.exception("the worker could not go on; it tries again")
                await self._wait_for_work(subscriber)

    async def _wait_for_work(self, subscriber: FeedSubscriber) -> None:
        """Wait until a fact is told or there is room for more to a receiver, and never long."""
        waits = [asyncio.create_task(subscriber.wait()), asyncio.create_task(self._slot_freed.wait())]
        try:
            await asyncio.wait(waits, timeout=POLL_INTERVAL, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._slot_freed.clear()

    async def _run_once(self) -> None:
        """Relay what was told, and send each receiver what is due to it as far as there is room."""
        if (
            self._sweep_task is None or self._sweep_task.done()
        ) and self._clock() - self._sweep_checked_at >= SWEEP_CHECK_INTERVAL:
            self._sweep_checked_at = self._clock()
            self._sweep_task = asyncio.create_task(self._sweep(self._sweep_checked_at))
        await relay(self._clock())
        in_flight = Counter(self._in_flight.values())
        for endpoint in await due_endpoints(self._clock()):
            if in_flight[endpoint] < MAX_IN_FLIGHT:
                for delivery in await lease_deliveries(endpoint, self._clock(), MAX_IN_FLIGHT - in_flight[endpoint]):
                    task = asyncio.create_task(self._send(delivery))
                    self._in_flight[task] = endpoint
                    task.add_done_callback(self._on_sent)
        if self._clock() - self._cleaned_at >= CLEANUP_INTERVAL and not await delete_old_deliveries(self._clock()):
            self._cleaned_at = self._clock()

    async def _sweep(self, now: datetime) -> None:
        """Bring all that time changes up to now, where that is due and no other process is at it."""
        try:
            if await acquire_lease("sweep", SWEEP_INTERVAL, now):
                await sweep(self._clock, on_progress=lambda swept: renew_lease("sweep", self._clock()))
                await release_lease("sweep", now)
        except Exception:
            logger.exception("the sweep could not go on; it begins anew when its lease has ended")

    async def _send(self, delivery: LeasedDelivery) -> None:
        try:
            outcome = await self._sender.send(delivery, self._clock())
            await record_outcome(delivery, outcome, self._clock())
        except asyncio.CancelledError:
            with suppress(Exception):
                await asyncio.shield(release_delivery(delivery))
            raise
        except Exception:
            logger.exception("a delivery could not be settled; it is sent again when its lease has ended")

    def _on_sent(self, task: "asyncio.Task[None]") -> None:
        del self._in_flight[task]
        self._slot_freed.set()
