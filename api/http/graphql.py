"""The HTTP door of the schema: who asks, what is asked, and every outcome as GraphQL-shaped JSON or as a stream."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from strawberry.types.graphql import OperationType

from api.auth.credentials import Admitted, Credential, bearer
from api.http.execution import Answer, Prepared
from api.http.graphiql import graphiql_page
from api.http.idempotency import answered_once, key_of
from api.http.negotiation import Wanted, preferred, wanted
from api.http.problems import GRAPHQL_JSON, JSON, RETRY_AFTER, RequestProblem, status_of, unauthenticated, unavailable
from api.http.requests import request_of
from api.http.services import Desk
from api.http.session_watch import ASKED_AGAIN
from api.http.sse import refusal_response, stream_response
from workflow.operations.core.context import Ctx
from workflow.operations.people.api_keys import note_use
from workflow.queries.scope import standing_for_viewer

T = TypeVar("T")
HTML = "text/html"
ALWAYS = {"Vary": "Accept", "Cache-Control": "no-store"}


@dataclass(frozen=True)
class GraphQLView:
    """Answers /graphql over HTTP."""

    desk: Desk

    async def serve(self, request: Request) -> Response:
        """GraphiQL for a browser, else the request's answer; a request that cannot run says so with its status."""
        if self.desk.settings.graphiql and request.method != "POST" and _is_browser(request):
            return graphiql_page()
        accept = wanted(request.headers.get("accept", ""))
        try:
            response = await self._answered(request, accept)
        except RequestProblem as problem:
            streams = accept.json is None and accept.stream and problem.well_formed
            response = refusal_response(problem) if streams else problem.response(accept.json or JSON)
        except self.desk.unavailable_as:
            response = unavailable().response(accept.json or JSON)
        response.headers.update(ALWAYS)
        return response

    async def _answered(self, request: Request, accept: Wanted) -> Response:
        if accept.json is None and not accept.stream:
            message = (
                f"Answers are {JSON} or {GRAPHQL_JSON}, and of subscriptions text/event-stream: accept one of them."
            )
            raise RequestProblem(406, "BAD_USER_INPUT", message)
        now, request_id = datetime.now(UTC), request.state.request_id
        credential = Credential(bearer(request.headers.getlist("authorization")), self.desk.door, request_id)
        admitted = await credential.admitted(now)
        if admitted is None:
            raise unauthenticated(tokens=self.desk.door is not None)
        asked = await request_of(request)
        with standing_for_viewer(admitted.viewer):
            prepared = await self.desk.execution.prepared(admitted.viewer, asked)
            _refuse_by(request.method, prepared)
            context = self.desk.context(admitted.viewer, now, credential)
            key = key_of(request.headers.getlist("idempotency-key"), prepared)
            if (accept.json is None and key is None) or (prepared.subscribes and accept.stream):
                return stream_response(self.desk, admitted, prepared, context)
            _refuse_single(prepared, accept)

            async def run() -> Answer:
                return await self._while_let_in(admitted, self.desk.execution.answer(prepared, context))

            answer, replayed = await answered_once(key, prepared, context, run) if key else (await run(), False)
        response = _response(answer, accept.json or JSON)
        if replayed:
            response.headers["Idempotency-Replayed"] = "true"
        response.background = BackgroundTask(note_use, Ctx(viewer=admitted.viewer, now=now))
        return response

    async def _while_let_in(self, admitted: Admitted, running: Coroutine[Any, Any, T]) -> T:
        """What runs, unless its credentials end meanwhile; a transaction that has begun ends as a whole all the same."""
        task = asyncio.create_task(running)
        try:
            if not (await asyncio.wait({task}, timeout=ASKED_AGAIN))[0]:
                async with self.desk.presence.staying(admitted) as ended:
                    await _first(task, ended)
            if not task.done():
                raise unauthenticated(tokens=self.desk.door is not None)
            return task.result()
        finally:
            task.cancel()


async def _first(task: "asyncio.Task[T]", ended: asyncio.Event) -> None:
    """Wait for whichever comes first."""
    end = asyncio.create_task(ended.wait())
    try:
        await asyncio.wait({task, end}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        end.cancel()


def _response(answer: Answer, media_type: str) -> JSONResponse:
    status = status_of(answer.codes, ran=answer.ran, media_type=media_type)
    headers = RETRY_AFTER if status in (409, 503) else None
    return JSONResponse(answer.body, status_code=status, headers=headers, media_type=media_type)


def _refuse_by(method: str, prepared: Prepared) -> None:
    """A mutation is sent by POST alone: what a link or an image can send must change nothing."""
    if method != "POST" and prepared.operation.kind is OperationType.MUTATION:
        raise RequestProblem(405, "BAD_USER_INPUT", "A mutation is sent by POST.", headers={"Allow": "POST"})


def _refuse_single(prepared: Prepared, accept: Wanted) -> None:
    """One JSON answer is not what a subscription gives, or what the client takes."""
    if accept.json is None:
        raise RequestProblem(406, "BAD_USER_INPUT", f"With an Idempotency-Key the answer is {JSON}: accept it.")
    if prepared.subscribes:
        message = "A subscription is answered as a stream: accept text/event-stream, or use a WebSocket (graphql-transport-ws)."
        raise RequestProblem(406, "BAD_USER_INPUT", message)


def _is_browser(request: Request) -> bool:
    return preferred(request.headers.get("accept", ""), (JSON, GRAPHQL_JSON, HTML)) == HTML
