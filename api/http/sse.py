"""Server-Sent Events, distinct connections: one operation a stream, `next` with each answer and `complete` at its end.

The protocol is that of https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from sse_starlette import EventSourceResponse, ServerSentEvent

from api.auth.credentials import Admitted
from api.http.execution import Prepared
from api.http.problems import RequestProblem, masked, unauthenticated, unavailable
from api.http.services import Desk
from schema.core.context import RequestContext
from workflow.queries.scope import standing_for_viewer

logger = logging.getLogger("pursuit.streams")

T = TypeVar("T")
SLOW = 30.0
"""Seconds within which a client takes what it is sent; one that does not is hung up on, and comes again."""
PING = 12
"""Seconds between two signs of life."""


def stream_response(desk: Desk, admitted: Admitted, prepared: Prepared, context: RequestContext) -> EventSourceResponse:
    """The answers as they come, until the operation, the credentials or the client's patience end."""
    events = _events(desk, admitted, prepared, context)
    return EventSourceResponse(events, ping=PING, send_timeout=SLOW, headers={"X-Accel-Buffering": "no"}, sep="\n")


def refusal_response(problem: RequestProblem) -> EventSourceResponse:
    """A document that cannot run, told to a client that takes nothing but a stream."""
    return EventSourceResponse(_once(problem.body()), sep="\n")


async def _once(body: dict[str, Any]) -> AsyncIterator[ServerSentEvent]:
    yield _next(body)
    yield _complete()


async def _events(
    desk: Desk, admitted: Admitted, prepared: Prepared, context: RequestContext
) -> AsyncIterator[ServerSentEvent]:
    answers = desk.execution.answers(prepared, context)
    async with desk.presence.staying(admitted) as ended, aclosing(until(ended, answers)) as going:
        with standing_for_viewer(admitted.viewer):
            try:
                async for answer in going:
                    yield _next(answer.body)
                if ended.is_set():
                    yield _next(unauthenticated(tokens=desk.door is not None).body())
            except RequestProblem as problem:
                yield _next(problem.body())
            except desk.unavailable_as:
                yield _next(unavailable().body())
            except Exception:
                logger.exception("a stream failed", extra={"request_id": context.request_id})
                yield _next({"errors": [masked(context.request_id)]})
    yield _complete()


async def until(ended: asyncio.Event, answers: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """The answers until they end, or the event is set."""
    end = asyncio.ensure_future(ended.wait())
    try:
        while True:
            coming = asyncio.ensure_future(anext(answers, None))
            try:
                await asyncio.wait({coming, end}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not coming.done():
                    coming.cancel()
                    with suppress(asyncio.CancelledError):
                        await coming
            answer = None if coming.cancelled() else coming.result()
            if answer is None:
                return
            yield answer
    finally:
        end.cancel()
        await answers.aclose()


def _next(body: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(event="next", data=json.dumps(body, ensure_ascii=False, separators=(",", ":")), sep="\n")


def _complete() -> ServerSentEvent:
    return ServerSentEvent(event="complete", data="", sep="\n")
