"""Idempotency-Keys: a request that is sent again gets the first answer and is not executed again.

A request leases the record of its key. The outcome of each operation is stored in the operation's own
transaction, and only while the lease is held, so that a request that has lost its lease writes nothing. The
answer is stored afterwards.
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
"""The lease of a key. It is longer than any request may take."""
RETENTION = timedelta(hours=24)
CLEANUP_BATCH_SIZE = 20
"""Expired records deleted with each new one."""


class IdempotencyKeyReusedError(Exception):
    """The key was used for a different request."""


class RequestInProgressError(Exception):
    """The same request is being executed by another process or task, which holds the lease."""

    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key is still running. Send it again in a moment.")


@dataclass
class IdempotentRequest:
    """The leased record of a key, and the outcomes stored so far, each under its outcome key."""

    id: UUID
    lease: UUID
    outcomes: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] | None = None
    done: bool = False
    is_batch: bool = False
    has_secret: bool = False

    def next_outcome_key(self, subject_id: UUID | None) -> str:
        """Return the key of the next outcome. A request that names one deal twice has two outcomes for it."""
        number = self._uses.get(subject_id, 0)
        self._uses[subject_id] = number + 1
        return f"{subject_id or ''}.{number}"

    def __post_init__(self) -> None:
        self._uses: dict[UUID | None, int] = {}


async def acquire_key(viewer: Viewer, name: str, request_hash: str, now: datetime) -> IdempotentRequest:
    """Lease the key for this request, or load its answer.

    Raises IdempotencyKeyReusedError and RequestInProgressError.
    """
    organization_id = viewer.organization_id
    owner_id = key_owner(viewer)

    async def work() -> IdempotentRequest:
        records = IdempotencyRecord.filter(organization_id=organization_id, owner_id=owner_id, name=name)
        found = await records.values("id")
        # Read again under the lock: another request may have used or deleted the record meanwhile.
        stored = await lock_and_read(IdempotencyRecord, organization_id, found[0]["id"]) if found else None
        if stored is None or stored["expires_at"] <= now:
            return await _create_record(viewer, name, request_hash, now)
        if stored["request_hash"] != request_hash:
            raise IdempotencyKeyReusedError
        # A record can be done without an answer, if the process ended before it stored one or the answer
        # contains a secret. Its outcomes are then returned again, so there is nothing to wait for.
        if stored["answer"] is None and not stored["done"] and stored["claimed_until"] > now:
            raise RequestInProgressError
        answer = None if stored["answer"] is None else json.loads(stored["answer"])
        request = IdempotentRequest(stored["id"], new_id(), stored["outcomes"], answer, stored["done"])
        if request.answer is None:
            await IdempotencyRecord.filter(id=request.id).update(
                claim=request.lease, claimed_until=now + LEASE_DURATION
            )
        return request

    return await transaction(work)


async def _create_record(viewer: Viewer, name: str, request_hash: str, now: datetime) -> IdempotentRequest:
    """Insert a record, and delete expired ones, among them that of the same key.

    If another request inserts the same key meanwhile, the unique index makes the transaction run again.
    """
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
        claim=request.lease,
        claimed_until=now + LEASE_DURATION,
        expires_at=now + RETENTION,
        outcomes={},
    )
    return request


async def run_operation_once(  # kind is Any: a type as a value
    request: IdempotentRequest, result_type: Any, work: Callable[[], Awaitable[T]], subject_id: UUID | None
) -> T:
    """Return the stored outcome of this operation, or run it and store the outcome in its transaction."""
    outcome_key = request.next_outcome_key(subject_id)
    if outcome_key in request.outcomes:
        stored = request.outcomes[outcome_key]["is"]
        earlier: Any = None if stored is None else decode(result_type, stored)
        return earlier  # type: ignore[no-any-return]  # decoded as `result_type`

    outcomes: dict[str, Any] = {}

    async def work_and_store() -> T:
        outcome = await work()
        outcomes.update(request.outcomes, **{outcome_key: {"is": encode(outcome)}})
        records = IdempotencyRecord.filter(id=request.id, claim=request.lease)
        if not await records.update(outcomes=outcomes, done=not request.is_batch):
            # The lease has ended and another request has the key, so this transaction is rolled back.
            raise RequestInProgressError
        request.has_secret = request.has_secret or has_secret(outcome)
        return outcome

    result = await transaction(work_and_store)
    # Only after the commit: an attempt that was rolled back has no outcome.
    request.outcomes = outcomes
    return result


async def store_answer(request: IdempotentRequest, answer: dict[str, Any]) -> None:
    """Store the answer, unless it contains a secret. Do nothing if another request holds the lease by now."""
    fields: dict[str, Any] = {"done": True}
    # Secrets are never stored in plain text. A repeated request gets the same answer without the secret.
    if not request.has_secret:
        fields["answer"] = json.dumps(answer)

    async def work() -> None:
        await IdempotencyRecord.filter(id=request.id, claim=request.lease, answer=None).update(**fields)

    # The operation has been committed: the caller gets the answer even if it cannot be stored.
    with suppress(UnavailableError):
        await transaction(work)


async def release_key(request: IdempotentRequest, now: datetime) -> None:
    """End the lease, so that the request can be sent again at once."""

    async def work() -> None:
        await IdempotencyRecord.filter(id=request.id, claim=request.lease).update(claimed_until=now)

    with suppress(UnavailableError):
        await transaction(work)


def key_owner(viewer: Viewer) -> UUID | None:
    """Return the id that scopes Idempotency-Keys: that of the API key, or of the member who signed in."""
    return viewer.key.id if viewer.key else viewer.member_id
