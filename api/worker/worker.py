"""What works beside the requests: facts become deliveries, and deliveries are sent, to each receiver some at once."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

from api.worker.webhook_sender import Sender
from workflow.operations.alerts.sweep import sweep
from workflow.operations.core.leases import begin, end, go_on
from workflow.operations.webhooks.delivery import Lane, Parcel, claim, forget, give_back, lanes, settle
from workflow.operations.webhooks.relay import relay
from workflow.queries.events.subscribe import Tail, Watch

logger = logging.getLogger("pursuit.worker")

POLL = 1.0
"""Seconds after which it looks without being woken: a delivery may be due again."""
AT_ONCE = 8
"""Parcels on their way to one receiver: one that is slow holds up none but its own."""
CLEANING = timedelta(hours=1)
SWEEPING, LOOKING = timedelta(minutes=15), timedelta(seconds=10)
"""How often time's passing is brought in, and how often it is asked whether that is due."""


class Worker:
    """Relays and sends until it is stopped; several share the work."""

    def __init__(self, tail: Tail, sender: Sender, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._tail, self._sender, self._clock = tail, sender, clock
        self._on_their_way: dict[asyncio.Task[None], Lane] = {}
        self._sweeping: asyncio.Task[None] | None = None
        self._looked = clock() - LOOKING
        self._room = asyncio.Event()
        self._cleaned = clock() - CLEANING

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Work meanwhile; at the end what is on its way is given back, for whoever comes next."""
        work = asyncio.create_task(self._work())
        try:
            yield
        finally:
            sweeping = {self._sweeping} if self._sweeping else set()
            for task in (tasks := {work, *self._on_their_way, *sweeping}):
                task.cancel()
            await asyncio.wait(tasks)
            await self._sender.close()

    async def _work(self) -> None:
        async with self._tail.watching(None, lambda head: True) as watch:
            while True:
                try:
                    await self._round()
                except Exception:
                    logger.exception("the worker could not go on; it tries again")
                await self._until_something_is_due(watch)

    async def _until_something_is_due(self, watch: Watch) -> None:
        """Wait until a fact is told or there is room for more to a receiver, and never long."""
        waits = [asyncio.create_task(watch.woken()), asyncio.create_task(self._room.wait())]
        try:
            await asyncio.wait(waits, timeout=POLL, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._room.clear()

    async def _round(self) -> None:
        """Relay what was told, and send each receiver what is due to it as far as there is room."""
        if (self._sweeping is None or self._sweeping.done()) and self._clock() - self._looked >= LOOKING:
            self._looked = self._clock()
            self._sweeping = asyncio.create_task(self._sweep(self._looked))
        await relay(self._clock())
        flying = Counter(self._on_their_way.values())
        for lane in await lanes(self._clock()):
            if flying[lane] < AT_ONCE:
                for parcel in await claim(lane, self._clock(), AT_ONCE - flying[lane]):
                    task = asyncio.create_task(self._send(parcel))
                    self._on_their_way[task] = lane
                    task.add_done_callback(self._arrived)
        if self._clock() - self._cleaned >= CLEANING and not await forget(self._clock()):
            self._cleaned = self._clock()

    async def _sweep(self, now: datetime) -> None:
        """Bring all that time changes up to now, where that is due and no other process is at it."""
        try:
            if await begin("sweep", SWEEPING, now):
                await sweep(self._clock, progress=lambda swept: go_on("sweep", self._clock()))
                await end("sweep", now)
        except Exception:
            logger.exception("the sweep could not go on; it begins anew when its lease has ended")

    async def _send(self, parcel: Parcel) -> None:
        try:
            outcome = await self._sender.send(parcel, self._clock())
            await settle(parcel, outcome, self._clock())
        except asyncio.CancelledError:
            with suppress(Exception):
                await asyncio.shield(give_back(parcel))
            raise
        except Exception:
            logger.exception("a delivery could not be settled; it is sent again when its lease has ended")

    def _arrived(self, task: "asyncio.Task[None]") -> None:
        del self._on_their_way[task]
        self._room.set()
