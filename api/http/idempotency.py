"""The header `Idempotency-Key`: a repeated mutation gets the first response and does not run again."""

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
"""Codes of errors that a repeated request may not meet again, so their responses are not stored."""


def idempotency_key(headers: list[str], prepared: PreparedRequest) -> str | None:
    """Return the idempotency key of a mutation, if any; raise RequestProblem if it cannot be used."""
    if not headers or prepared.operation.kind is not OperationType.MUTATION:
        return None
    if len(headers) > 1 or not 0 < len(headers[0]) <= MAX_KEY_LENGTH or not headers[0].isprintable():
        message = (
            f"`Idempotency-Key` must be one text of 1 to {MAX_KEY_LENGTH} printable characters, "
            "such as a UUID."
        )
        raise RequestProblem(400, "BAD_USER_INPUT", message)
    if prepared.operation.measure.mutations != 1:
        message = (
            "A request with an Idempotency-Key must contain one mutation. Send the others with other keys."
        )
        raise RequestProblem(400, "BAD_USER_INPUT", message)
    return headers[0]


async def run_once(
    key: str,
    prepared: PreparedRequest,
    context: RequestContext,
    run: Callable[[], Awaitable[GraphQLResponse]],
) -> tuple[GraphQLResponse, bool]:
    """Return the response, and whether it is the stored response of an earlier request."""
    record = await _acquire(key, prepared, context)
    if record.answer is not None:
        return GraphQLResponse(
            {**record.answer, "extensions": {"cost": prepared.charge.as_extension()}}
        ), True
    context.idempotency_record = record
    answer = None
    try:
        answer = await run()
    finally:
        # Shielded: a cancelled request would leave its key locked until the lease ends.
        await asyncio.shield(_store_or_release(record, answer, context.now))
    return answer, record.done


async def _acquire(key: str, prepared: PreparedRequest, context: RequestContext) -> IdempotentRequest:
    try:
        return await acquire_key(context.viewer, key, _request_hash(prepared), context.now)
    except IdempotencyKeyReusedError:
        message = "This Idempotency-Key was used for a different request. Use a new key for each request."
        raise RequestProblem(422, CONFLICT, message) from None
    except RequestInProgressError as running:
        raise RequestProblem(409, CONFLICT, str(running), headers=RETRY_AFTER) from None


async def _store_or_release(record: IdempotentRequest, answer: GraphQLResponse | None, now: datetime) -> None:
    """Store the response, or release the key if a repeated request may succeed."""
    if answer is None or answer.codes & TRANSIENT_CODES:
        await release_key(record, now)
    else:
        # `extensions` is left out: a repeated request has a cost of its own.
        await store_answer(record, {name: part for name, part in answer.body.items() if name != "extensions"})


def _request_hash(prepared: PreparedRequest) -> str:
    """Hash what identifies a request: the document, the operation and the variables."""
    parts = [prepared.text, prepared.operation.name, prepared.request.variables or {}]
    # Sorted: variables in another order are the same request.
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
