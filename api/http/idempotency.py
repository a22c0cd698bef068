"""`Idempotency-Key`: the same mutation sent again is answered again, and not done again."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime

from strawberry.types.graphql import OperationType

from api.http.execution import Answer, Prepared
from api.http.problems import CONFLICT, RETRY_AFTER, RequestProblem
from schema.core.context import RequestContext
from workflow.operations.core.idempotency import AnotherRequest, Receipt, StillRunning, claim, give_up, keep_answer

LONGEST = 255
NOT_KEPT = frozenset({"INTERNAL_SERVER_ERROR", "UNAVAILABLE", "TIMEOUT", "UNAUTHENTICATED", CONFLICT})
"""What may be otherwise a moment later, when the same request comes again."""


def key_of(headers: list[str], prepared: Prepared) -> str | None:
    """The key of a mutation that brings one; raises a 400 where it is no key, or the request is more than one mutation."""
    if not headers or prepared.operation.kind is not OperationType.MUTATION:
        return None
    if len(headers) > 1 or not 0 < len(headers[0]) <= LONGEST or not headers[0].isprintable():
        message = f"`Idempotency-Key` is one text of 1 to {LONGEST} printable characters, such as a UUID."
        raise RequestProblem(400, "BAD_USER_INPUT", message)
    if prepared.operation.measure.mutations != 1:
        message = "A request with an Idempotency-Key holds one mutation. Send the others with keys of their own."
        raise RequestProblem(400, "BAD_USER_INPUT", message)
    return headers[0]


async def answered_once(
    key: str, prepared: Prepared, context: RequestContext, run: Callable[[], Awaitable[Answer]]
) -> tuple[Answer, bool]:
    """The answer, and whether it is that of a request which came before."""
    receipt = await _claimed(key, prepared, context)
    if receipt.answer is not None:
        return Answer({**receipt.answer, "extensions": {"cost": prepared.charge.told()}}), True
    context.receipt, answer = receipt, None
    try:
        answer = await run()
    finally:
        await asyncio.shield(_end(receipt, answer, context.now))
    return answer, receipt.done


async def _claimed(key: str, prepared: Prepared, context: RequestContext) -> Receipt:
    try:
        return await claim(context.viewer, key, _hash(prepared), context.now)
    except AnotherRequest:
        message = "This Idempotency-Key was sent with another request. Send each request with a key of its own."
        raise RequestProblem(422, CONFLICT, message) from None
    except StillRunning as running:
        raise RequestProblem(409, CONFLICT, str(running), headers=RETRY_AFTER) from None


async def _end(receipt: Receipt, answer: Answer | None, now: datetime) -> None:
    """Keep the answer; where there is none, or one that may be otherwise a moment later, the next may try."""
    if answer is None or answer.codes & NOT_KEPT:
        await give_up(receipt, now)
    else:
        await keep_answer(receipt, {name: part for name, part in answer.body.items() if name != "extensions"})


def _hash(prepared: Prepared) -> str:
    """What makes a request the same: its document, the operation, and the variables."""
    asked = [prepared.text, prepared.operation.name, prepared.asked.variables or {}]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
