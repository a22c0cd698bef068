"""Idempotency-Keys: a request that comes again is answered and not done again.

A claim says who is at it. What the operation comes to is kept in its own transaction, under the claim that it began with: who has
lost the claim meanwhile, writes nothing. The answer is kept after it.
"""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from workflow.models import IdempotencyRecord
from workflow.models.columns import new_id
from workflow.models.engine.database import transaction
from workflow.operations.core.locking import lock_and_read
from workflow.rules.codec import decode, encode, has_secret
from workflow.rules.errors import UnavailableError
from workflow.rules.permissions import Viewer

T = TypeVar("T")

LEASE_DURATION = timedelta(seconds=30)
"""How long a claim holds without an outcome: longer than any request may take."""
RETENTION = timedelta(hours=24)
CLEANUP_BATCH_SIZE = 20
"""Keys past their time that go with each new one."""


class IdempotencyKeyReusedError(Exception):
    """The key stands for another request."""


class RequestInProgressError(Exception):
    """The same request is being done, by somebody else who has the claim."""

    def __init__(self) -> None:
        super().__init__(
            "The same request with this Idempotency-Key is still running. Send it again in a moment for its answer."
        )


@dataclass
class IdempotentRequest:
    """A claim, and what is known of the request's outcomes, each by its place."""

    id: UUID
    claim: UUID
    outcomes: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] | None = None
    done: bool = False
    is_batch: bool = False
    has_secret: bool = False

    def next_outcome_key(self, subject_id: UUID | None) -> str:
        """The next place of an outcome; of a deal that is named twice there are two."""
        number = self._uses.get(subject_id, 0)
        self._uses[subject_id] = number + 1
        return f"{subject_id or ''}.{number}"

    def __post_init__(self) -> None:
        self._uses: dict[UUID | None, int] = {}


async def acquire_key(viewer: Viewer, name: str, request_hash: str, now: datetime) -> IdempotentRequest:
    """Claim the key for this request, or find what it came to. Raises AnotherRequest and StillRunning."""
    organization_id, owner_id = viewer.organization_id, key_owner(viewer)

    async def work() -> IdempotentRequest:
        records = IdempotencyRecord.filter(organization_id=organization_id, owner_id=owner_id, name=name)
        found = await records.values("id")
        stored = await lock_and_read(IdempotencyRecord, organization_id, found[0]["id"]) if found else None
        if stored is None or stored["expires_at"] <= now:
            return await _create_record(viewer, name, request_hash, now)
        if stored["request_hash"] != request_hash:
            raise IdempotencyKeyReusedError
        if stored["answer"] is None and not stored["done"] and stored["claimed_until"] > now:
            raise RequestInProgressError
        answer = None if stored["answer"] is None else json.loads(stored["answer"])
        request = IdempotentRequest(stored["id"], new_id(), stored["outcomes"], answer, stored["done"])
        if request.answer is None:
            await IdempotencyRecord.filter(id=request.id).update(
                claim=request.claim, claimed_until=now + LEASE_DURATION
            )
        return request

    return await transaction(work)


async def _create_record(viewer: Viewer, name: str, request_hash: str, now: datetime) -> IdempotentRequest:
    """A new claim; keys whose day is over, the same one among them, go. One that came meanwhile collides, and is found again."""
    expired = IdempotencyRecord.filter(organization_id=viewer.organization_id, expires_at__lte=now)
    await expired.filter(owner_id=key_owner(viewer), name=name).delete()
    expired_ids = await expired.limit(CLEANUP_BATCH_SIZE).values_list("id", flat=True)
    if expired_ids:
        await expired.filter(id__in=list(expired_ids)).delete()
    request = IdempotentRequest(new_id(), new_id())
    await IdempotencyRecord.create(
        id=request.id,
        organization_id=viewer.organization_id,
        owner_id=key_owner(viewer),
        name=name,
        request_hash=request_hash,
        claim=request.claim,
        claimed_until=now + LEASE_DURATION,
        expires_at=now + RETENTION,
        outcomes={},
    )
    return request


async def run_once(  # kind is Any: a type as a value
    request: IdempotentRequest, result_type: Any, work: Callable[[], Awaitable[T]], subject_id: UUID | None
) -> T:
    """The outcome that was kept at this place, or that of the work, which is kept in the work's transaction."""
    outcome_key = request.next_outcome_key(subject_id)
    if outcome_key in request.outcomes:
        stored = request.outcomes[outcome_key]["is"]
        earlier: Any = None if stored is None else decode(result_type, stored)
        return earlier  # type: ignore[no-any-return]  # of the kind that was kept

    outcomes: dict[str, Any] = {}

    async def work_and_store() -> T:
        outcome = await work()
        outcomes.update(request.outcomes, **{outcome_key: {"is": encode(outcome)}})
        records = IdempotencyRecord.filter(id=request.id, claim=request.claim)
        if not await records.update(outcomes=outcomes, done=not request.is_batch):
            raise RequestInProgressError
        request.has_secret = request.has_secret or has_secret(outcome)
        return outcome

    result = await transaction(work_and_store)
    request.outcomes = outcomes
    return result


async def store_answer(request: IdempotentRequest, answer: dict[str, Any]) -> None:
    """Keep the answer as it was given, unless it holds what is told once; whoever has the claim by now keeps their own."""
    fields: dict[str, Any] = {"done": True} if request.has_secret else {"done": True, "answer": json.dumps(answer)}

    async def work() -> None:
        await IdempotencyRecord.filter(id=request.id, claim=request.claim, answer=None).update(**fields)

    with suppress(UnavailableError):
        await transaction(work)


async def release_key(request: IdempotentRequest, now: datetime) -> None:
    """Let the next one who sends the request have the claim at once."""

    async def work() -> None:
        await IdempotencyRecord.filter(id=request.id, claim=request.claim).update(claimed_until=now)

    with suppress(UnavailableError):
        await transaction(work)


def key_owner(viewer: Viewer) -> UUID | None:
    """Whose keys they are: the API key's, or the member's who came with a token."""
    return viewer.key.id if viewer.key else viewer.member_id
