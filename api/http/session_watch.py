"""Who is in: requests that run long, sockets and streams are asked together, again and again, whether they are still let in."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from api.auth.credentials import Admitted
from workflow.queries.people.credentials import still_in

logger = logging.getLogger("pursuit.presence")

ASKED_AGAIN = 2.0
"""Seconds between two questions: a key may be revoked or expire, a member leave."""


class Guest:
    """One who is in, until their credentials end."""

    def __init__(self, admitted: Admitted) -> None:
        self.viewer, self.until = admitted.viewer, admitted.until
        self.ended = asyncio.Event()


class Presence:
    """Everybody who is in, in this process; however many they are, one statement asks for all keys and one for all members."""

    def __init__(self) -> None:
        self._guests: set[Guest] = set()
        self._asking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def staying(self, admitted: Admitted) -> AsyncIterator[asyncio.Event]:
        """An event that is set when the credentials have ended."""
        guest = Guest(admitted)
        self._guests.add(guest)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_again_and_again())
        try:
            yield guest.ended
        finally:
            self._guests.discard(guest)

    async def close(self) -> None:
        """Ask no longer."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})

    async def _ask_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(ASKED_AGAIN)
            try:
                await self._ask(set(self._guests))
            except Exception:
                logger.exception("it could not be asked who is still let in; it is tried again")

    async def _ask(self, guests: set[Guest]) -> None:
        now = datetime.now(UTC)
        let_in = await still_in([guest.viewer for guest in guests], now) if guests else set()
        for guest in guests:
            if guest.viewer not in let_in or (guest.until is not None and guest.until <= now):
                guest.ended.set()
