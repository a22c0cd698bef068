"""Subscriptions to new events: one task in a process reads the end of the feed and wakes the subscribers."""

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
from workflow.rules.errors import UnavailableError

logger = logging.getLogger("pursuit.feed")

POLL_SECONDS = 1.0
"""Seconds between polls of the feed without a notification: one from another process can be lost."""
# On PostgreSQL an event can be read only after every transaction that began before its own has ended,
# which can be shortly after the notification.
FAST_POLL_SECONDS = 0.02
FAST_POLLS = 10
"""Seconds between polls after a notification, and their number."""
BATCH_SIZE = 500
"""Events read in one statement."""


class FeedSubscriber:
    """A waiter for events that match, or that may change what anyone sees.

    `visibility_changes` counts the events that may have changed what the subscriber sees. Rows that were read
    before such a change have to be read again.
    """

    def __init__(self, matches: Callable[[EventHead], bool]) -> None:
        self.matches = matches
        self.visibility_changes = 0
        self._changed_ids: set[UUID] = set()
        self._wakeup = asyncio.Event()

    def notify(self, head: EventHead) -> None:
        """Wake the subscriber if the event matches or may change what anyone sees."""
        concerns_all = head.type in ORGANIZATION_VISIBILITY_EVENTS
        self.visibility_changes += concerns_all or head.type in DEAL_VISIBILITY_EVENTS
        if concerns_all or self.matches(head):
            self._changed_ids.add(head.aggregateid)
            self._wakeup.set()

    async def wait(self) -> set[UUID]:
        """Wait for the next event and return the changed ids.

        Events that arrive before the call are returned together.
        """
        await self._wakeup.wait()
        self._wakeup.clear()
        changed_ids = self._changed_ids
        self._changed_ids = set()
        return changed_ids


class FeedDispatcher:
    """Reads the heads of new events from the first subscription on; each subscriber reads what it may see."""

    def __init__(self) -> None:
        self._subscribers: dict[UUID | None, set[FeedSubscriber]] = defaultdict(set)
        self._aggregate_subscribers: dict[UUID | None, set[FeedSubscriber]] = defaultdict(set)
        self._start_lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def subscribe(
        self,
        organization_id: UUID | None,
        matches: Callable[[EventHead], bool],
        *,
        aggregate_id: UUID | None = None,
    ) -> AsyncIterator[FeedSubscriber]:
        """Subscribe to the events of an organization, or of all if None, from now on.

        A subscription to one aggregate costs nothing when events of others arrive.
        """
        subscriber = FeedSubscriber(matches)
        registrations: list[tuple[dict[UUID | None, set[FeedSubscriber]], UUID | None]] = (
            [(self._subscribers, organization_id)]
            if aggregate_id is None
            else [(self._aggregate_subscribers, organization_id), (self._aggregate_subscribers, aggregate_id)]
        )
        for registry, id in registrations:
            registry[id].add(subscriber)
        try:
            # After the registration, so that no event falls between the two.
            await self._start()
            yield subscriber
        finally:
            for registry, id in registrations:
                registry[id].discard(subscriber)
                if not registry[id]:
                    del registry[id]

    async def close(self) -> None:
        """Stop reading the feed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _start(self) -> None:
        """Start reading the feed at its end, if that has not started yet."""
        async with self._start_lock:
            if self._task is None:
                with bypass_row_security():
                    position = await newest_position_of_all()
                self._task = asyncio.create_task(self._run(position))

    async def _run(self, position: FeedPosition) -> None:
        with bypass_row_security(), listening() as notified:
            timeout = POLL_SECONDS
            fast_polls = 0
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(notified.wait(), timeout)
                    fast_polls = FAST_POLLS
                # Before the read: a notification that arrives during it causes another read.
                notified.clear()
                before = position
                try:
                    await listen_for_notifications()
                    position = await self._dispatch_since(position)
                except UnavailableError as problem:
                    logger.warning("%s The feed is read again in %g seconds", problem, POLL_SECONDS)
                except Exception:
                    logger.exception(
                        "The feed could not be read; it is read again in %s seconds", POLL_SECONDS
                    )
                # After a notification, an unchanged position means that the event is not readable yet.
                fast_polls = 0 if position != before else max(0, fast_polls - 1)
                timeout = FAST_POLL_SECONDS if fast_polls else POLL_SECONDS

    async def _dispatch_since(self, position: FeedPosition) -> FeedPosition:
        """Notify subscribers of the events after a position, and return the position to continue from."""
        while True:
            found = await event_heads(after=position, size=BATCH_SIZE)
            for head in found:
                visible_to = (
                    head.organization_id if head.type in ORGANIZATION_VISIBILITY_EVENTS else head.aggregateid
                )
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
