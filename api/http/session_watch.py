"""Session watch: recheck the credentials of long requests, streams and sockets, all of them together."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from api.auth.credentials import AuthenticatedViewer
from workflow.queries.people.credentials import valid_viewers
from workflow.rules.errors import UnavailableError

logger = logging.getLogger("pursuit.sessions")

RECHECK_INTERVAL = 2.0
"""Seconds between two rechecks: a key may expire or be revoked, and a member may be deactivated."""


class Session:
    """One viewer with a request, stream or socket in progress."""

    def __init__(self, authenticated: AuthenticatedViewer) -> None:
        self.viewer = authenticated.viewer
        self.expires_at = authenticated.expires_at
        self.ended = asyncio.Event()


class SessionWatch:
    """The sessions of this process; one SQL statement rechecks all keys and one all members."""

    def __init__(self) -> None:
        self._sessions: set[Session] = set()
        self._recheck_task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def watch(self, authenticated: AuthenticatedViewer) -> AsyncIterator[asyncio.Event]:
        """Watch a session, and yield an event that is set when its credentials end."""
        session = Session(authenticated)
        self._sessions.add(session)
        if self._recheck_task is None:
            # Not in __init__, which runs before there is an event loop.
            self._recheck_task = asyncio.create_task(self._recheck_forever())
        try:
            yield session.ended
        finally:
            self._sessions.discard(session)

    async def close(self) -> None:
        """Stop the rechecks."""
        if self._recheck_task is not None:
            self._recheck_task.cancel()
            await asyncio.wait({self._recheck_task})

    async def _recheck_forever(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_INTERVAL)
            try:
                # A copy, because sessions begin and end while the statements run.
                await self._recheck(set(self._sessions))
            except UnavailableError as problem:
                logger.warning("%s Credentials are rechecked in %g s", problem, RECHECK_INTERVAL)
            except Exception:
                logger.exception("credentials could not be rechecked; retrying in %g s", RECHECK_INTERVAL)

    async def _recheck(self, sessions: set[Session]) -> None:
        now = datetime.now(UTC)
        valid = await valid_viewers([session.viewer for session in sessions], now) if sessions else set()
        for session in sessions:
            if session.viewer not in valid or (session.expires_at is not None and session.expires_at <= now):
                session.ended.set()
