"""GraphQL over Server-Sent Events: one operation per stream, `next` for each response, `complete` at the end.

The protocol is the distinct connections mode of https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from sse_starlette import EventSourceResponse, ServerSentEvent

from api.auth.credentials import AuthenticatedViewer
from api.http.execution import PreparedRequest
from api.http.json_response import encode_json
from api.http.problems import RequestProblem, internal_error, unauthenticated_problem, unavailable_problem
from api.http.services import SEND_TIMEOUT, Services
from schema.core.context import RequestContext
from workflow.queries.scope import act_as_viewer
from workflow.rules.errors import UnavailableError

logger = logging.getLogger("pursuit.streams")

T = TypeVar("T")
PING_INTERVAL = 12
"""Seconds between two comments that keep proxies from closing an idle stream."""


def stream_response(
    services: Services, authenticated: AuthenticatedViewer, prepared: PreparedRequest, context: RequestContext
) -> EventSourceResponse:
    """Stream the responses of an operation until it, its credentials or the connection end."""
    events = _events(services, authenticated, prepared, context)
    headers = {"X-Accel-Buffering": "no"}  # nginx would otherwise hold events back
    return EventSourceResponse(
        events, ping=PING_INTERVAL, send_timeout=SEND_TIMEOUT, headers=headers, sep="\n"
    )


def problem_stream(problem: RequestProblem) -> EventSourceResponse:
    """Stream the problem of a request to a client that accepts only streams."""
    return EventSourceResponse(_single_event(problem.body()), sep="\n")


async def _single_event(body: dict[str, Any]) -> AsyncIterator[ServerSentEvent]:
    yield _next(body)
    yield _complete()


async def _events(
    services: Services, authenticated: AuthenticatedViewer, prepared: PreparedRequest, context: RequestContext
) -> AsyncIterator[ServerSentEvent]:
    answers = services.execution.stream(prepared, context)
    async with (
        services.session_watch.watch(authenticated) as ended,
        aclosing(until_set(ended, answers)) as answers_until_ended,
    ):
        with act_as_viewer(authenticated.viewer):
            try:
                async for answer in answers_until_ended:
                    yield _next(answer.body)
                if ended.is_set():
                    yield _next(unauthenticated_problem(tokens=services.authenticator is not None).body())
            except RequestProblem as problem:
                yield _next(problem.body())
            except UnavailableError:
                yield _next(unavailable_problem().body())
            except Exception:
                logger.exception("a stream failed", extra={"request_id": context.request_id})
                yield _next({"errors": [internal_error(context.request_id)]})
    yield _complete()


async def until_set(ended: asyncio.Event, answers: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """Yield the answers until they end or the event is set."""
    stop = asyncio.ensure_future(ended.wait())
    try:
        while True:
            next_answer = asyncio.ensure_future(anext(answers, None))
            try:
                await asyncio.wait({next_answer, stop}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                # Wait for the cancelled read: a generator that still runs cannot be closed.
                if not next_answer.done():
                    next_answer.cancel()
                    with suppress(asyncio.CancelledError):
                        await next_answer
            answer = None if next_answer.cancelled() else next_answer.result()
            if answer is None:
                return
            yield answer
    finally:
        stop.cancel()
        await answers.aclose()


def _next(body: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(event="next", data=encode_json(body).decode(), sep="\n")


def _complete() -> ServerSentEvent:
    return ServerSentEvent(event="complete", data="", sep="\n")
