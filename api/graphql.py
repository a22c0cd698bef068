"""The HTTP door of the schema: who asks, what is asked, and every outcome as GraphQL-shaped JSON."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from api.auth import TokenDoor, viewer_of_request
from api.documents import document_problem
from api.graphiql import graphiql_page
from api.negotiation import preferred
from api.problems import (
    GRAPHQL_JSON,
    JSON,
    RequestProblem,
    execution_error,
    request_error,
    status_of,
    unauthenticated,
    unavailable,
)
from api.requests import GraphQLRequest, request_of
from api.settings import Settings
from schema import schema
from schema.context import RequestContext
from workflow.operations.context import Ctx
from workflow.operations.keys import note_use
from workflow.queries.scope import standing_for_viewer

HTML = "text/html"
ASKED_AGAIN = 2.0
"""Seconds after which a request that still runs is asked for its credentials again: a key may be revoked, a member leave."""
BY_METHOD = {
    "GET": (OperationType.QUERY,),
    "HEAD": (OperationType.QUERY,),
    "POST": (OperationType.QUERY, OperationType.MUTATION),
}


@dataclass(frozen=True)
class GraphQLView:
    """Answers /graphql; the class of the database's absence is handed in, for api knows no models."""

    settings: Settings
    unavailable_as: type[Exception]
    door: TokenDoor | None = None

    async def serve(self, request: Request) -> Response:
        """GraphiQL for a browser, else the request's answer; a request that cannot run says so with its status."""
        if self.settings.graphiql and request.method != "POST" and _is_browser(request):
            return graphiql_page()
        media_type = preferred(request.headers.get("accept", ""), (JSON, GRAPHQL_JSON))
        try:
            if media_type is None:
                raise RequestProblem(
                    406, "BAD_USER_INPUT", f"Answers are {JSON} or {GRAPHQL_JSON}: accept one of them."
                )
            return await self._answer(request, media_type)
        except RequestProblem as problem:
            return problem.response(media_type or JSON)
        except self.unavailable_as:
            return unavailable().response(media_type or JSON)

    async def _answer(self, request: Request, media_type: str) -> Response:
        now = datetime.now(UTC)
        viewer = await viewer_of_request(request, now, self.door)
        if viewer is None:
            raise unauthenticated(tokens=self.door is not None)
        asked = await request_of(request)
        context = RequestContext(viewer=viewer, now=now, request_id=request.state.request_id)
        with standing_for_viewer(viewer):
            result = await self._while_let_in(request, self._run(asked, context, request.method))
        answer = self._rendered(result, request.state.request_id, media_type)
        answer.background = BackgroundTask(note_use, Ctx(viewer=viewer, now=now))
        return answer

    async def _while_let_in(self, request: Request, running: Coroutine[Any, Any, ExecutionResult]) -> ExecutionResult:
        """What runs, unless its credentials end meanwhile; a transaction that has begun ends as a whole all the same."""
        task = asyncio.create_task(running)
        try:
            while not (await asyncio.wait({task}, timeout=ASKED_AGAIN))[0]:
                with suppress(self.unavailable_as):
                    if await viewer_of_request(request, datetime.now(UTC), self.door) is None:
                        raise unauthenticated(tokens=self.door is not None)
            return task.result()
        finally:
            task.cancel()

    async def _run(self, asked: GraphQLRequest, context: RequestContext, method: str) -> ExecutionResult:
        name = asked.operation_name
        if problem := document_problem(asked.query, operation_name=name, introspection=self.settings.introspection):
            return PreExecutionError(data=None, errors=[problem])
        try:
            return await schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=name,
                allowed_operation_types=BY_METHOD[method],
            )
        except CannotGetOperationTypeError:
            return PreExecutionError(data=None, errors=[_no_operation(name)])
        except InvalidOperationTypeError as wrong:
            raise _not_by(method, wrong.operation_type) from None
        except MissingQueryError:
            raise RequestProblem(400, "BAD_USER_INPUT", "`query` is missing.") from None

    def _rendered(self, result: ExecutionResult, request_id: str, media_type: str) -> JSONResponse:
        errors = [self._told(error, result, request_id) for error in result.errors or ()]
        ran = result.data is not None or any("path" in error for error in errors)
        status = status_of(errors, ran=ran, media_type=media_type)
        body: dict[str, Any] = {"data": result.data} if ran or not errors else {}
        body |= {"errors": errors} if errors else {}
        body |= {"extensions": result.extensions} if result.extensions else {}
        headers = unavailable().headers if status == 503 else None
        return JSONResponse(body, status_code=status, headers=headers, media_type=media_type)

    def _told(self, error: GraphQLError, result: ExecutionResult, request_id: str) -> dict[str, Any]:
        if isinstance(result, PreExecutionError):
            return request_error(error, request_id=request_id, unavailable_as=self.unavailable_as)
        return execution_error(error, request_id=request_id, unavailable_as=self.unavailable_as)


def _is_browser(request: Request) -> bool:
    return preferred(request.headers.get("accept", ""), (JSON, GRAPHQL_JSON, HTML)) == HTML


def _no_operation(name: str | None) -> GraphQLError:
    message = f"The document holds no operation named {name!r}." if name else "The document holds no operation."
    return GraphQLError(message, extensions={"code": "OPERATION_RESOLUTION_FAILURE"})


def _not_by(method: str, kind: OperationType) -> RequestProblem:
    if method != "POST":
        return RequestProblem(405, "BAD_USER_INPUT", f"A {kind.value} is sent by POST.", headers={"Allow": "POST"})
    return RequestProblem(400, "BAD_USER_INPUT", f"A {kind.value} is not taken over HTTP.")
