"""Who is in: requests that run long, sockets and streams are asked together, again and again, whether they are still let in."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from api.auth.credentials import AuthenticatedViewer
from workflow.queries.people.credentials import valid_viewers

logger = logging.getLogger("pursuit.presence")

RECHECK_INTERVAL = 2.0
"""Seconds between two questions: a key may be revoked or expire, a member leave."""


class Session:
    """One who is in, until their credentials end."""

    def __init__(self, admitted: AuthenticatedViewer) -> None:
        self.viewer, self.expires_at = admitted.viewer, admitted.expires_at
        self.ended = asyncio.Event()


class SessionWatch:
    """Everybody who is in, in this process; however many they are, one statement asks for all keys and one for all members."""

    def __init__(self) -> None:
        self._sessions: set[Session] = set()
        self._recheck_task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watch(self, admitted: AuthenticatedViewer) -> AsyncIterator[asyncio.Event]:
        """An event that is set when the credentials have ended."""
        session = Session(admitted)
        self._sessions.add(session)
        if self._recheck_task is None:
            self._recheck_task = asyncio.create_task(self._recheck_forever())
        try:
            yield session.ended
        finally:
            self._sessions.discard(session)

    async def close(self) -> None:
        """Ask no longer."""
        if self._recheck_task is not None:
            self._recheck_task.cancel()
            await asyncio.wait({self._recheck_task})

    async def _recheck_forever(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_INTERVAL)
            try:
                await self._recheck(set(self._sessions))
            except Exception:
                logger.exception("it could not be asked who is still let in; it is tried again")

    async def _recheck(self, sessions: set[Session]) -> None:
        now = datetime.now(UTC)
        valid = await valid_viewers([guest.viewer for guest in sessions], now) if sessions else set()
        for session in sessions:
            if session.viewer not in valid or (session.expires_at is not None and session.expires_at <= now):
                session.ended.set()
