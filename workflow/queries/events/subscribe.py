"""The end of the feed, followed once for everybody in a process: whoever waits for a fact is woken when it is told."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from workflow.models.engine.database import listen, standing_for_everybody
from workflow.models.engine.notify import listening
from workflow.queries.events.events import SIGHT_OF_ALL, SIGHT_OF_ONE, Head, Place, heads, newest_of_all

logger = logging.getLogger("pursuit.feed")

POLL = 1.0
"""Seconds after which the feed is looked at without a ring: what another process has told rings no bell here."""
SOON, LOOKS = 0.02, 10
"""Seconds between the looks after a ring, and how many: on PostgreSQL a fact is settled when what began before it has ended."""
AT_ONCE = 500
"""Facts read in one statement."""


class Watch:
    """One who waits: woken by facts that are theirs or may change what they see of all, and then told what they were about.

    `sights` counts all facts that may have changed what they see: whoever holds what was read before one reads it again.
    """

    def __init__(self, wants: Callable[[Head], bool]) -> None:
        self.wants = wants
        self.sights = 0
        self._about: set[UUID] = set()
        self._woken = asyncio.Event()

    def tell(self, head: Head) -> None:
        """Wake them where the fact is theirs, or may change what they see."""
        of_all = head.type in SIGHT_OF_ALL
        self.sights += of_all or head.type in SIGHT_OF_ONE
        if of_all or self.wants(head):
            self._about.add(head.aggregateid)
            self._woken.set()

    async def woken(self) -> set[UUID]:
        """Wait for the next fact; those that come before anybody looks are one awakening."""
        await self._woken.wait()
        self._woken.clear()
        about, self._about = self._about, set()
        return about


class Tail:
    """Follows the feed from the first watch on: it reads which facts were told, and each who waits reads what they may see."""

    def __init__(self) -> None:
        self._watches: dict[UUID | None, set[Watch]] = defaultdict(set)
        self._of_one: dict[UUID | None, set[Watch]] = defaultdict(set)
        self._beginning = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watching(
        self, organization_id: UUID | None, wants: Callable[[Head], bool], *, of: UUID | None = None
    ) -> AsyncIterator[Watch]:
        """Watch for facts of an organization, or of all, from now on; whoever waits for those `of` one thing costs other facts nothing."""
        watch = Watch(wants)
        homes: list[tuple[dict[UUID | None, set[Watch]], UUID | None]] = (
            [(self._watches, organization_id)] if of is None else [(self._of_one, organization_id), (self._of_one, of)]
        )
        for home, id in homes:
            home[id].add(watch)
        try:
            await self._begin()
            yield watch
        finally:
            for home, id in homes:
                home[id].discard(watch)
                if not home[id]:
                    del home[id]

    async def close(self) -> None:
        """Follow no longer."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait({self._following})

    async def _begin(self) -> None:
        """Follow from here, unless that has begun already."""
        async with self._beginning:
            if self._following is None:
                with standing_for_everybody():
                    place = await newest_of_all()
                self._following = asyncio.create_task(self._follow(place))

    async def _follow(self, place: Place) -> None:
        with standing_for_everybody(), listening() as rung:
            patience, soon = POLL, 0
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(rung.wait(), patience)
                    soon = LOOKS
                rung.clear()
                before = place
                try:
                    await listen()
                    place = await self._told_since(place)
                except Exception:
                    logger.exception("the feed could not be followed; it is tried again")
                soon = 0 if place != before else max(0, soon - 1)
                patience = SOON if soon else POLL

    async def _told_since(self, place: Place) -> Place:
        """Wake those who wait for what was told since a place; the place to go on from."""
        while True:
            found = await heads(after=place, size=AT_ONCE)
            for head in found:
                about = head.organization_id if head.type in SIGHT_OF_ALL else head.aggregateid
                for homes, id in ((self._watches, None), (self._watches, head.organization_id), (self._of_one, about)):
                    for watch in homes.get(id, ()):
                        watch.tell(head)
            place = found[-1].place if found else place
            if len(found) < AT_ONCE:
                return place
