"""One WebSocket: who came, what they asked, and each answer under the id of its operation."""

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
from api.http.services import Services
from workflow.queries.scope import act_as_viewer
from workflow.rules.errors import UnavailableError
from workflow.rules.permissions import Viewer

logger = logging.getLogger("pursuit.sockets")

MAX_OPERATIONS = 100
"""Operations under way on one socket at once."""
INIT_TIMEOUT = 10.0
"""Seconds within which a new socket says who it is."""
SEND_TIMEOUT = 30.0
"""Seconds within which a client takes what it is sent; one that does not is hung up on, and comes again."""
MAX_ID_LENGTH = 255
BAD_MESSAGE, UNAUTHORIZED, FORBIDDEN, INIT_TIMED_OUT, SUBSCRIBER_EXISTS, TOO_MANY_INITS = (
    4400,
    4401,
    4403,
    4408,
    4409,
    4429,
)
TRY_AGAIN_LATER = 1013


class CloseSocket(Exception):
    """The socket is closed, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class WebSocketConnection:
    """A socket from its acceptance to its end."""

    def __init__(
        self, services: Services, websocket: WebSocket, count_socket: Callable[[Viewer], AbstractContextManager[bool]]
    ) -> None:
        self._services, self._websocket, self._count_socket = services, websocket, count_socket
        self._request_id: str = websocket.state.request_id
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Serve until the client goes, breaks the protocol, or is let in no longer."""
        try:
            credential, admitted = await self._authenticate()
            with self._count_socket(admitted.viewer) as one_more:
                if not one_more:
                    raise CloseSocket(TRY_AGAIN_LATER, "Too many sockets are open by this key: close one first")
                await self._send({"type": "connection_ack"})
                async with self._services.session_watch.watch(admitted) as ended:
                    await self._serve(credential, ended)
        except CloseSocket as closing:
            await self._close(closing)
        except WebSocketDisconnect:
            pass
        finally:
            await self._cancel_all()

    async def _authenticate(self) -> tuple[Credential, AuthenticatedViewer]:
        """Wait until the client has said who it is, and is known."""
        try:
            async with asyncio.timeout(INIT_TIMEOUT):
                message = await self._first_message()
        except TimeoutError:
            raise CloseSocket(INIT_TIMED_OUT, "Connection initialisation timeout") from None
        payload = message.get("payload")
        header = payload.get("authorization", payload.get("Authorization")) if isinstance(payload, Mapping) else None
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
        """The client's messages that are for us, each checked for its shape; a ping is answered here."""
        while True:
            try:
                message = parse_json((await self._websocket.receive_text()).encode(), "The message")
            except RuntimeError:
                raise WebSocketDisconnect from None
            except (KeyError, RequestProblem):
                raise CloseSocket(BAD_MESSAGE, "A message is a JSON object in a text frame") from None
            kind = message.get("type") if isinstance(message, Mapping) else None
            if kind == "ping":
                await self._send({"type": "pong"})
            elif isinstance(message, Mapping) and kind in ("connection_init", "subscribe", "complete"):
                yield message
            elif kind != "pong":
                raise CloseSocket(BAD_MESSAGE, "Unknown message: its type is none of the protocol's")

    async def _start_operation(self, message: Mapping[str, Any], credential: Credential) -> None:
        id = message.get("id")
        if not isinstance(id, str) or not 0 < len(id) <= MAX_ID_LENGTH:
            raise CloseSocket(BAD_MESSAGE, f"The id of an operation is a text of 1 to {MAX_ID_LENGTH} characters")
        if id in self._operations:
            raise CloseSocket(SUBSCRIBER_EXISTS, f"Subscriber for {id[:60]} already exists")
        if len(self._operations) >= MAX_OPERATIONS:
            problem = RequestProblem(429, "RATE_LIMITED", _TOO_MANY_OPERATIONS)
            await self._send({"id": id, "type": "error", "payload": problem.errors})
            return
        self._operations[id] = asyncio.create_task(self._run_operation(id, message.get("payload"), credential))

    def _cancel_operation(self, id: object) -> None:
        task = self._operations.pop(id, None) if isinstance(id, str) else None
        if task is not None:
            task.cancel()

    async def _run_operation(self, id: str, payload: object, credential: Credential) -> None:
        """One operation to its end; whatever it ends with is the last that is said under its id."""
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
        """Send; a client that does not take it in time, or is gone, is hung up on."""
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
        """End what is under way, and wait until it has ended."""
        tasks = list(self._operations.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


_TOO_MANY_OPERATIONS = (
    f"{MAX_OPERATIONS} operations are under way on this socket, and more are not taken: complete one first."
)
