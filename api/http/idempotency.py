"""`Idempotency-Key`: the same mutation sent again is answered again, and not done again."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime

from strawberry.types.graphql import OperationType

from api.http.execution import GraphQLResponse, PreparedRequest
from api.http.problems import CONFLICT, RETRY_AFTER, RequestProblem
from schema.core.context import RequestContext
from workflow.operations.core.idempotency import (
    IdempotencyKeyReusedError,
    IdempotentRequest,
    RequestInProgressError,
    acquire_key,
    release_key,
    store_answer,
)

MAX_KEY_LENGTH = 255
TRANSIENT_CODES = frozenset({"INTERNAL_SERVER_ERROR", "UNAVAILABLE", "TIMEOUT", "UNAUTHENTICATED", CONFLICT})
"""What may be otherwise a moment later, when the same request comes again."""


def idempotency_key(headers: list[str], prepared: PreparedRequest) -> str | None:
    """The key of a mutation that brings one; raises a 400 where it is no key, or the request is more than one mutation."""
    if not headers or prepared.operation.kind is not OperationType.MUTATION:
        return None
    if len(headers) > 1 or not 0 < len(headers[0]) <= MAX_KEY_LENGTH or not headers[0].isprintable():
        message = f"`Idempotency-Key` is one text of 1 to {MAX_KEY_LENGTH} printable characters, such as a UUID."
        raise RequestProblem(400, "BAD_USER_INPUT", message)
    if prepared.operation.measure.mutations != 1:
        message = "A request with an Idempotency-Key holds one mutation. Send the others with keys of their own."
        raise RequestProblem(400, "BAD_USER_INPUT", message)
    return headers[0]


async def run_once(
    key: str, prepared: PreparedRequest, context: RequestContext, run: Callable[[], Awaitable[GraphQLResponse]]
) -> tuple[GraphQLResponse, bool]:
    """The answer, and whether it is that of a request which came before."""
    record = await _acquire(key, prepared, context)
    if record.answer is not None:
        return GraphQLResponse({**record.answer, "extensions": {"cost": prepared.charge.as_extension()}}), True
    context.idempotency_record, answer = record, None
    try:
        answer = await run()
    finally:
        await asyncio.shield(_store_or_release(record, answer, context.now))
    return answer, record.done


async def _acquire(key: str, prepared: PreparedRequest, context: RequestContext) -> IdempotentRequest:
    try:
        return await acquire_key(context.viewer, key, _request_hash(prepared), context.now)
    except IdempotencyKeyReusedError:
        message = "This Idempotency-Key was sent with another request. Send each request with a key of its own."
        raise RequestProblem(422, CONFLICT, message) from None
    except RequestInProgressError as running:
        raise RequestProblem(409, CONFLICT, str(running), headers=RETRY_AFTER) from None


async def _store_or_release(record: IdempotentRequest, answer: GraphQLResponse | None, now: datetime) -> None:
    """Keep the answer; where there is none, or one that may be otherwise a moment later, the next may try."""
    if answer is None or answer.codes & TRANSIENT_CODES:
        await release_key(record, now)
    else:
        await store_answer(record, {name: part for name, part in answer.body.items() if name != "extensions"})


def _request_hash(prepared: PreparedRequest) -> str:
    """What makes a request the same: its document, the operation, and the variables."""
    parts = [prepared.text, prepared.operation.name, prepared.request.variables or {}]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
