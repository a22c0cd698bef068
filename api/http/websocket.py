"""One WebSocket connection: its authentication, its operations, and their responses by operation id."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractContextManager, aclosing, suppress
from datetime import UTC, datetime
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from api.auth.credentials import AuthenticatedViewer, Credential, bearer
from api.http.json_response import encode_json
from api.http.problems import RequestProblem, internal_error, unavailable_problem
from api.http.requests import parse_json, parse_request
from api.http.services import SEND_TIMEOUT, Services
from workflow.queries.scope import act_as_viewer
from workflow.rules.errors import UnavailableError
from workflow.rules.permissions import Viewer

logger = logging.getLogger("pursuit.sockets")

MAX_OPERATIONS = 100
"""Operations that may run on one socket at once."""
INIT_TIMEOUT = 10.0
"""Seconds within which a new socket must send `connection_init`."""
MAX_ID_LENGTH = 255

TRY_AGAIN_LATER = 1013
# The codes from here on are those of the protocol.
BAD_MESSAGE = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
INIT_TIMED_OUT = 4408
SUBSCRIBER_EXISTS = 4409
TOO_MANY_INITS = 4429
TOO_MANY_OPERATIONS_MESSAGE = (
    f"{MAX_OPERATIONS} operations are running on this socket, which is the maximum. Complete one first."
)


class CloseSocket(Exception):
    """A reason to close the socket, with its close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class WebSocketConnection:
    """An accepted socket until it closes."""

    def __init__(
        self,
        services: Services,
        websocket: WebSocket,
        count_socket: Callable[[Viewer], AbstractContextManager[bool]],
    ) -> None:
        self._services = services
        self._websocket = websocket
        self._count_socket = count_socket
        self._request_id: str = websocket.state.request_id
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Serve until the client leaves, breaks the protocol, or its credentials end."""
        try:
            credential, authenticated = await self._authenticate()
            with self._count_socket(authenticated.viewer) as is_allowed:
                if not is_allowed:
                    raise CloseSocket(
                        TRY_AGAIN_LATER, "Too many sockets are open with this key: close one first"
                    )
                await self._send({"type": "connection_ack"})
                async with self._services.session_watch.watch(authenticated) as ended:
                    await self._serve(credential, ended)
        except CloseSocket as closing:
            await self._close(closing)
        except WebSocketDisconnect:
            pass
        finally:
            await self._cancel_all()

    async def _authenticate(self) -> tuple[Credential, AuthenticatedViewer]:
        """Wait for `connection_init` and authenticate its payload."""
        try:
            async with asyncio.timeout(INIT_TIMEOUT):
                message = await self._first_message()
        except TimeoutError:
            raise CloseSocket(INIT_TIMED_OUT, "Connection initialisation timeout") from None
        payload = message.get("payload")
        header = (
            payload.get("authorization", payload.get("Authorization"))
            if isinstance(payload, Mapping)
            else None
        )
        credential = Credential(bearer([header]), self._services.authenticator, self._request_id)
        try:
            authenticated = await credential.authenticate(datetime.now(UTC))
        except UnavailableError:
            raise CloseSocket(TRY_AGAIN_LATER, "The database does not answer: try again later") from None
        if authenticated is None:
            raise CloseSocket(FORBIDDEN, 'Forbidden: connection_init needs {"authorization": "Bearer pur_…"}')
        return credential, authenticated

    async def _first_message(self) -> Mapping[str, Any]:
        async with aclosing(self._messages()) as messages:
            async for message in messages:
                if message["type"] == "connection_init":
                    return message
                if message["type"] == "subscribe":
                    raise CloseSocket(UNAUTHORIZED, "Unauthorized")
        raise WebSocketDisconnect

    async def _serve(self, credential: Credential, ended: asyncio.Event) -> None:
        end = asyncio.create_task(self._close_when_expired(ended))
        try:
            async for message in self._messages():
                if message["type"] == "subscribe":
                    await self._start_operation(message, credential)
                elif message["type"] == "complete":
                    self._cancel_operation(message.get("id"))
                else:
                    raise CloseSocket(TOO_MANY_INITS, "Too many initialisation requests")
        finally:
            end.cancel()

    async def _close_when_expired(self, ended: asyncio.Event) -> None:
        await ended.wait()
        await self._close(CloseSocket(FORBIDDEN, "Forbidden: the credentials have ended"))

    async def _messages(self) -> AsyncGenerator[Mapping[str, Any], None]:
        """Yield the client's messages after a check of their shape; answer pings."""
        while True:
            try:
                message = parse_json((await self._websocket.receive_text()).encode(), "The message")
            # Starlette raises RuntimeError on a closed socket, and KeyError for a binary frame.
            except RuntimeError:
                raise WebSocketDisconnect from None
            except (KeyError, RequestProblem):
                raise CloseSocket(BAD_MESSAGE, "A message must be a JSON object in a text frame") from None
            kind = message.get("type") if isinstance(message, Mapping) else None
            if kind == "ping":
                await self._send({"type": "pong"})
            elif isinstance(message, Mapping) and kind in ("connection_init", "subscribe", "complete"):
                yield message
            elif kind != "pong":
                raise CloseSocket(BAD_MESSAGE, "Unknown message type")

    async def _start_operation(self, message: Mapping[str, Any], credential: Credential) -> None:
        id = message.get("id")
        if not isinstance(id, str) or not 0 < len(id) <= MAX_ID_LENGTH:
            raise CloseSocket(
                BAD_MESSAGE, f"The id of an operation must be a string of 1 to {MAX_ID_LENGTH} characters"
            )
        if id in self._operations:
            raise CloseSocket(SUBSCRIBER_EXISTS, f"Subscriber for {id[:60]} already exists")
        if len(self._operations) >= MAX_OPERATIONS:
            problem = RequestProblem(429, "RATE_LIMITED", TOO_MANY_OPERATIONS_MESSAGE, retry_after=1)
            await self._send({"id": id, "type": "error", "payload": problem.errors})
            return
        self._operations[id] = asyncio.create_task(
            self._run_operation(id, message.get("payload"), credential)
        )

    def _cancel_operation(self, id: object) -> None:
        task = self._operations.pop(id, None) if isinstance(id, str) else None
        if task is not None:
            task.cancel()

    async def _run_operation(self, id: str, payload: object, credential: Credential) -> None:
        """Run one operation, and send `complete` or `error` as the last message with its id."""
        # A cancelled operation sends no last message: its client has completed it, or the socket is closing.
        last: dict[str, Any] = {"id": id, "type": "complete"}
        try:
            await self._send_answers(id, payload, credential)
        except RequestProblem as problem:
            last = {"id": id, "type": "error", "payload": problem.errors}
        except UnavailableError:
            last = {"id": id, "type": "error", "payload": unavailable_problem().errors}
        except (CloseSocket, WebSocketDisconnect) as gone:
            await self._close(gone if isinstance(gone, CloseSocket) else None)
            return
        except Exception:
            logger.exception("an operation failed", extra={"request_id": self._request_id})
            last = {"id": id, "type": "error", "payload": [internal_error(self._request_id)]}
        self._operations.pop(id, None)
        with suppress(WebSocketDisconnect):
            await self._send(last)

    async def _send_answers(self, id: str, payload: object, credential: Credential) -> None:
        now = datetime.now(UTC)
        # Not the viewer of `connection_init`: the role or the teams may have changed since.
        authenticated = await credential.authenticate(now)
        if authenticated is None:
            raise CloseSocket(FORBIDDEN, "Forbidden: the credentials have ended")
        with act_as_viewer(authenticated.viewer):
            prepared = await self._services.execution.prepare(authenticated.viewer, parse_request(payload))
            context = self._services.request_context(authenticated.viewer, now, credential)
            async with aclosing(self._services.execution.stream(prepared, context)) as answers:
                async for answer in answers:
                    await self._send({"id": id, "type": "next", "payload": answer.body})

    async def _send(self, message: dict[str, Any]) -> None:
        """Send a message; end the connection if the client is gone or does not read it in time."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await self._websocket.send_text(encode_json(message).decode())
        except (TimeoutError, RuntimeError):
            raise WebSocketDisconnect from None

    async def _close(self, closing: CloseSocket | None) -> None:
        if closing and self._websocket.application_state is WebSocketState.CONNECTED:
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._websocket.close(closing.code, closing.reason)

    async def _cancel_all(self) -> None:
        """Cancel all operations and wait until they have ended."""
        tasks = list(self._operations.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
