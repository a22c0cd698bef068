"""The endpoint /graphql over HTTP: authenticate, prepare and execute a request, and respond."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types.graphql import OperationType

from api.auth.credentials import AuthenticatedViewer, Credential, bearer
from api.http.execution import GraphQLResponse, PreparedRequest
from api.http.graphiql import graphiql_page
from api.http.idempotency import idempotency_key, run_once
from api.http.json_response import OrjsonResponse
from api.http.negotiation import AcceptedTypes, parse_accept, preferred_type
from api.http.problems import (
    GRAPHQL_JSON,
    JSON,
    RETRY_AFTER,
    RequestProblem,
    http_status,
    timeout_problem,
    unauthenticated_problem,
    unavailable_problem,
)
from api.http.requests import read_request
from api.http.services import Services
from api.http.session_watch import RECHECK_INTERVAL
from api.http.sse import problem_stream, stream_response
from workflow.operations.core.context import Ctx
from workflow.operations.people.api_keys import record_key_use
from workflow.queries.scope import act_as_viewer
from workflow.rules.errors import UnavailableError

T = TypeVar("T")
HTML = "text/html"
DEADLINE_GRACE = 0.5
"""Seconds after the deadline in which a cancelled request may end by itself; then its response is sent."""
RESPONSE_HEADERS = {"Vary": "Accept", "Cache-Control": "no-store"}


@dataclass(frozen=True)
class GraphQLView:
    """Serves /graphql over HTTP."""

    services: Services

    async def serve(self, request: Request) -> Response:
        """Respond with GraphiQL to a browser, otherwise with the result of the GraphQL request."""
        if self.services.settings.graphiql and request.method != "POST" and _is_browser(request):
            return graphiql_page()
        accept = parse_accept(request.headers.get("accept", ""))
        try:
            response = await self._respond(request, accept)
        except RequestProblem as problem:
            streams = accept.json is None and accept.stream and problem.well_formed
            response = problem_stream(problem) if streams else problem.response(accept.json or JSON)
        except UnavailableError:
            response = unavailable_problem().response(accept.json or JSON)
        response.headers.update(RESPONSE_HEADERS)
        return response

    async def _respond(self, request: Request, accept: AcceptedTypes) -> Response:
        if accept.json is None and not accept.stream:
            message = f"Accept {JSON}, {GRAPHQL_JSON} or, for subscriptions, text/event-stream."
            raise RequestProblem(406, "BAD_USER_INPUT", message)
        now = datetime.now(UTC)
        text = bearer(request.headers.getlist("authorization"))
        credential = Credential(text, self.services.authenticator, request.state.request_id)
        authenticated = await credential.authenticate(now)
        if authenticated is None:
            raise unauthenticated_problem(tokens=self.services.authenticator is not None)
        # After the credentials: a client without any does not get its body read and parsed.
        graphql_request = await read_request(request)
        with act_as_viewer(authenticated.viewer):
            prepared = await self.services.execution.prepare(authenticated.viewer, graphql_request)
            _refuse_mutation_by_get(request.method, prepared)
            context = self.services.request_context(authenticated.viewer, now, credential)
            key = idempotency_key(request.headers.getlist("idempotency-key"), prepared)
            if (accept.json is None and key is None) or (prepared.is_subscription and accept.stream):
                return stream_response(self.services, authenticated, prepared, context)
            _require_single_answer(prepared, accept)

            async def run() -> GraphQLResponse:
                return await self._run_while_authenticated(
                    authenticated, prepared, self.services.execution.execute(prepared, context)
                )

            result, replayed = await run_once(key, prepared, context, run) if key else (await run(), False)
        response = _json_response(result, accept.json or JSON)
        if replayed:
            response.headers["Idempotency-Replayed"] = "true"
        # After the response, which does not wait for this write.
        response.background = BackgroundTask(record_key_use, Ctx(viewer=authenticated.viewer, now=now))
        return response

    async def _run_while_authenticated(
        self, authenticated: AuthenticatedViewer, prepared: PreparedRequest, work: Coroutine[Any, Any, T]
    ) -> T:
        """Return the result of the work; cancel it if the credentials or the time end before it does."""
        deadline = self.services.execution.deadline
        task = asyncio.create_task(work)
        try:
            # Most requests end before the first recheck, and need not be watched.
            if not (await asyncio.wait({task}, timeout=RECHECK_INTERVAL))[0]:
                async with self.services.session_watch.watch(authenticated) as ended:
                    await _wait_for_either(task, ended, deadline - RECHECK_INTERVAL + DEADLINE_GRACE)
            if not task.done() and not ended.is_set():
                is_mutation = prepared.operation.kind is OperationType.MUTATION
                raise timeout_problem(deadline, is_mutation=is_mutation)
            if not task.done():
                raise unauthenticated_problem(tokens=self.services.authenticator is not None)
            return task.result()
        finally:
            # Stops the work of a request that is itself cancelled; a task that is done ignores it.
            task.cancel()


async def _wait_for_either(task: "asyncio.Task[T]", ended: asyncio.Event, seconds: float) -> None:
    """Wait until the task is done or the event is set, or for some seconds."""
    end = asyncio.create_task(ended.wait())
    try:
        await asyncio.wait({task, end}, timeout=max(0, seconds), return_when=asyncio.FIRST_COMPLETED)
    finally:
        end.cancel()


def _json_response(result: GraphQLResponse, media_type: str) -> OrjsonResponse:
    status = http_status(result.codes, ran=result.ran, media_type=media_type)
    headers = RETRY_AFTER if status in (409, 503) else None
    return OrjsonResponse(result.body, status_code=status, headers=headers, media_type=media_type)


def _refuse_mutation_by_get(method: str, prepared: PreparedRequest) -> None:
    """Refuse a mutation by GET, because a link or an image on any page can send a GET."""
    if method != "POST" and prepared.operation.kind is OperationType.MUTATION:
        raise RequestProblem(405, "BAD_USER_INPUT", "Send mutations by POST.", headers={"Allow": "POST"})


def _require_single_answer(prepared: PreparedRequest, accept: AcceptedTypes) -> None:
    """Refuse a subscription, and a client that does not accept JSON."""
    if accept.json is None:
        message = f"The response to a request with an Idempotency-Key is {JSON}. Accept it."
        raise RequestProblem(406, "BAD_USER_INPUT", message)
    if prepared.is_subscription:
        message = "The response to a subscription is a stream. Accept text/event-stream, or use a WebSocket."
        raise RequestProblem(406, "BAD_USER_INPUT", message)


def _is_browser(request: Request) -> bool:
    return preferred_type(request.headers.get("accept", ""), (JSON, GRAPHQL_JSON, HTML)) == HTML
