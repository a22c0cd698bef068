"""The end of the feed, followed once for everybody in a process: whoever waits for a fact is woken when it is told."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from workflow.models.engine.database import bypass_row_security, listen_for_notifications
from workflow.models.engine.notify import listening
from workflow.queries.events.events import (
    DEAL_VISIBILITY_EVENTS,
    ORGANIZATION_VISIBILITY_EVENTS,
    EventHead,
    FeedPosition,
    event_heads,
    newest_position_of_all,
)

logger = logging.getLogger("pursuit.feed")

POLL_SECONDS = 1.0
"""Seconds after which the feed is looked at without a ring: what another process has told rings no bell here."""
FAST_POLL_SECONDS, FAST_POLLS = 0.02, 10
"""Seconds between the looks after a ring, and how many: on PostgreSQL a fact is settled when what began before it has ended."""
BATCH_SIZE = 500
"""Facts read in one statement."""


class FeedSubscriber:
    """One who waits: woken by facts that are theirs or may change what they see of all, and then told what they were about.

    `sights` counts all facts that may have changed what they see: whoever holds what was read before one reads it again.
    """

    def __init__(self, matches: Callable[[EventHead], bool]) -> None:
        self.matches = matches
        self.visibility_changes = 0
        self._changed_ids: set[UUID] = set()
        self._wakeup = asyncio.Event()

    def notify(self, head: EventHead) -> None:
        """Wake them where the fact is theirs, or may change what they see."""
        concerns_all = head.type in ORGANIZATION_VISIBILITY_EVENTS
        self.visibility_changes += concerns_all or head.type in DEAL_VISIBILITY_EVENTS
        if concerns_all or self.matches(head):
            self._changed_ids.add(head.aggregateid)
            self._wakeup.set()

    async def wait(self) -> set[UUID]:
        """Wait for the next fact; those that come before anybody looks are one awakening."""
        await self._wakeup.wait()
        self._wakeup.clear()
        changed_ids, self._changed_ids = self._changed_ids, set()
        return changed_ids


class FeedDispatcher:
    """Follows the feed from the first watch on: it reads which facts were told, and each who waits reads what they may see."""

    def __init__(self) -> None:
        self._subscribers: dict[UUID | None, set[FeedSubscriber]] = defaultdict(set)
        self._aggregate_subscribers: dict[UUID | None, set[FeedSubscriber]] = defaultdict(set)
        self._start_lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def subscribe(
        self, organization_id: UUID | None, matches: Callable[[EventHead], bool], *, aggregate_id: UUID | None = None
    ) -> AsyncIterator[FeedSubscriber]:
        """Watch for facts of an organization, or of all, from now on; whoever waits for those `of` one thing costs other facts nothing."""
        subscriber = FeedSubscriber(matches)
        registrations: list[tuple[dict[UUID | None, set[FeedSubscriber]], UUID | None]] = (
            [(self._subscribers, organization_id)]
            if aggregate_id is None
            else [(self._aggregate_subscribers, organization_id), (self._aggregate_subscribers, aggregate_id)]
        )
        for registry, id in registrations:
            registry[id].add(subscriber)
        try:
            await self._start()
            yield subscriber
        finally:
            for registry, id in registrations:
                registry[id].discard(subscriber)
                if not registry[id]:
                    del registry[id]

    async def close(self) -> None:
        """Follow no longer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _start(self) -> None:
        """Follow from here, unless that has begun already."""
        async with self._start_lock:
            if self._task is None:
                with bypass_row_security():
                    position = await newest_position_of_all()
                self._task = asyncio.create_task(self._run(position))

    async def _run(self, position: FeedPosition) -> None:
        with bypass_row_security(), listening() as notified:
            timeout, fast_polls = POLL_SECONDS, 0
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(notified.wait(), timeout)
                    fast_polls = FAST_POLLS
                notified.clear()
                before = position
                try:
                    await listen_for_notifications()
                    position = await self._dispatch_since(position)
                except Exception:
                    logger.exception("the feed could not be followed; it is tried again")
                fast_polls = 0 if position != before else max(0, fast_polls - 1)
                timeout = FAST_POLL_SECONDS if fast_polls else POLL_SECONDS

    async def _dispatch_since(self, position: FeedPosition) -> FeedPosition:
        """Wake those who wait for what was told since a place; the place to go on from."""
        while True:
            found = await event_heads(after=position, size=BATCH_SIZE)
            for head in found:
                visible_to = head.organization_id if head.type in ORGANIZATION_VISIBILITY_EVENTS else head.aggregateid
                for registry, id in (
                    (self._subscribers, None),
                    (self._subscribers, head.organization_id),
                    (self._aggregate_subscribers, visible_to),
                ):
                    for subscriber in registry.get(id, ()):
                        subscriber.notify(head)
            position = found[-1].position if found else position
            if len(found) < BATCH_SIZE:
                return position
