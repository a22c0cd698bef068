"""WebSockets that speak graphql-transport-ws: let in by `connection_init`, and closed when their credentials end.

The protocol is that of https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Strawberry's own handler sends errors as
they are and trusts the shape of messages; this one masks, checks and bounds.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.websockets import WebSocket
from strawberry.http.websocket_origin import is_same_origin, normalize_origin

from api.http.services import Desk
from api.http.websocket import Socket
from workflow.rules.permissions import Viewer

PROTOCOL = "graphql-transport-ws"
MOST = 5_000
"""Sockets open in this process at once."""
MOST_OF_ONE = 200
"""Sockets open by one key at once."""
TRY_AGAIN_LATER, NOT_ALLOWED, NOT_SPOKEN = 1013, 1008, 4406


class Sockets:
    """Opens sockets for those who may have one, as long as there are not too many."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._open = 0
        self._by_owner: Counter[object] = Counter()

    async def serve(self, websocket: WebSocket) -> None:
        """One socket, from its handshake to its end."""
        if not self._is_from_here(websocket):
            await websocket.close(NOT_ALLOWED)
            return
        spoken = PROTOCOL in websocket.scope["subprotocols"]
        await websocket.accept(subprotocol=PROTOCOL if spoken else None)
        if not spoken:
            await websocket.close(NOT_SPOKEN, f"Subprotocol not acceptable: speak {PROTOCOL}")
        elif self._open >= MOST:
            await websocket.close(TRY_AGAIN_LATER, "Too many sockets are open: try again later")
        else:
            self._open += 1
            try:
                await Socket(self._desk, websocket, self._counted).run()
            finally:
                self._open -= 1

    @contextmanager
    def _counted(self, viewer: Viewer) -> Iterator[bool]:
        """One socket more of the viewer's key while it lasts; whether it may have one more."""
        owner = viewer.key.id if viewer.key else viewer.member_id
        self._by_owner[owner] += 1
        try:
            yield self._by_owner[owner] <= MOST_OF_ONE
        finally:
            self._by_owner[owner] -= 1
            if not self._by_owner[owner]:
                del self._by_owner[owner]

    def _is_from_here(self, websocket: WebSocket) -> bool:
        """Whether no browser is behind it, or a page of our own or of an allowed origin."""
        origin = websocket.headers.get("origin")
        if origin is None:
            return True
        allowed = self._desk.settings.cors_origins
        named = normalize_origin(origin)
        host = websocket.headers.get("host", "")
        return "*" in allowed or named in allowed or (named is not None and is_same_origin(origin, host))
