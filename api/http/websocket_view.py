"""WebSockets that speak graphql-transport-ws: let in by `connection_init`, and closed when their credentials end.

The protocol is that of https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Strawberry's own handler sends errors as
they are and trusts the shape of messages; this one masks, checks and bounds.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.websockets import WebSocket
from strawberry.http.websocket_origin import is_same_origin, normalize_origin

from api.http.services import Services
from api.http.websocket import WebSocketConnection
from workflow.rules.permissions import Viewer

PROTOCOL = "graphql-transport-ws"
MAX_SOCKETS = 5_000
"""Sockets open in this process at once."""
MAX_SOCKETS_PER_KEY = 200
"""Sockets open by one key at once."""
TRY_AGAIN_LATER, POLICY_VIOLATION, SUBPROTOCOL_NOT_ACCEPTABLE = 1013, 1008, 4406


class WebSocketView:
    """Opens sockets for those who may have one, as long as there are not too many."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._open = 0
        self._by_owner: Counter[object] = Counter()

    async def serve(self, websocket: WebSocket) -> None:
        """One socket, from its handshake to its end."""
        if not self._is_allowed_origin(websocket):
            await websocket.close(POLICY_VIOLATION)
            return
        is_supported = PROTOCOL in websocket.scope["subprotocols"]
        await websocket.accept(subprotocol=PROTOCOL if is_supported else None)
        if not is_supported:
            await websocket.close(SUBPROTOCOL_NOT_ACCEPTABLE, f"Subprotocol not acceptable: speak {PROTOCOL}")
        elif self._open >= MAX_SOCKETS:
            await websocket.close(TRY_AGAIN_LATER, "Too many sockets are open: try again later")
        else:
            self._open += 1
            try:
                await WebSocketConnection(self._services, websocket, self._count_socket).run()
            finally:
                self._open -= 1

    @contextmanager
    def _count_socket(self, viewer: Viewer) -> Iterator[bool]:
        """One socket more of the viewer's key while it lasts; whether it may have one more."""
        owner = viewer.key.id if viewer.key else viewer.member_id
        self._by_owner[owner] += 1
        try:
            yield self._by_owner[owner] <= MAX_SOCKETS_PER_KEY
        finally:
            self._by_owner[owner] -= 1
            if not self._by_owner[owner]:
                del self._by_owner[owner]

    def _is_allowed_origin(self, websocket: WebSocket) -> bool:
        """Whether no browser is behind it, or a page of our own or of an allowed origin."""
        origin = websocket.headers.get("origin")
        if origin is None:
            return True
        allowed = self._services.settings.cors_origins
        normalized = normalize_origin(origin)
        host = websocket.headers.get("host", "")
        return "*" in allowed or normalized in allowed or (normalized is not None and is_same_origin(origin, host))
