"""The endpoint /graphql for WebSockets: checks of the origin, the subprotocol and the number of sockets.

The protocol is https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. Strawberry's own handler is
not used, because it sends errors unmasked, trusts the shape of messages and has no limits.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.websockets import WebSocket
from strawberry.http.websocket_origin import is_same_origin, normalize_origin

from api.http.rate_limit import limit_owner
from api.http.services import Services
from api.http.websocket import TRY_AGAIN_LATER, WebSocketConnection
from workflow.rules.permissions import Viewer

PROTOCOL = "graphql-transport-ws"
MAX_SOCKETS = 5_000
"""Sockets that may be open in this process at once."""
MAX_SOCKETS_PER_KEY = 200
"""Sockets that may be open with one key at once."""
POLICY_VIOLATION = 1008
SUBPROTOCOL_NOT_ACCEPTABLE = 4406


class WebSocketView:
    """Accepts WebSockets up to the limits."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._open = 0
        self._by_owner: Counter[str] = Counter()

    async def serve(self, websocket: WebSocket) -> None:
        """Accept a socket and serve it until it closes."""
        # Browsers open WebSockets to any host, and CORS does not apply to them.
        if not self._is_allowed_origin(websocket):
            await websocket.close(POLICY_VIOLATION)
            return
        is_supported = PROTOCOL in websocket.scope["subprotocols"]
        # Accepted first and then closed: browsers hide the reason of a refused handshake from the page.
        await websocket.accept(subprotocol=PROTOCOL if is_supported else None)
        if not is_supported:
            await websocket.close(SUBPROTOCOL_NOT_ACCEPTABLE, f"Subprotocol not acceptable: use {PROTOCOL}")
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
        """Count a socket while it is open, and yield False if it is one too many for its key."""
        owner = limit_owner(viewer)
        self._by_owner[owner] += 1
        try:
            yield self._by_owner[owner] <= MAX_SOCKETS_PER_KEY
        finally:
            self._by_owner[owner] -= 1
            if not self._by_owner[owner]:
                del self._by_owner[owner]

    def _is_allowed_origin(self, websocket: WebSocket) -> bool:
        """True without an origin (not a browser), for our own pages, and for the allowed origins."""
        origin = websocket.headers.get("origin")
        if origin is None:
            return True
        allowed = self._services.settings.cors_origins
        normalized = normalize_origin(origin)
        host = websocket.headers.get("host", "")
        return (
            "*" in allowed
            or normalized in allowed
            or (normalized is not None and is_same_origin(origin, host))
        )
