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

from workflow.models import Idempotency
from workflow.models.columns import new_id
from workflow.models.engine.database import Unavailable, transaction
from workflow.operations.core.locking import locked
from workflow.rules.codec import holds_a_secret, read, written
from workflow.rules.permissions import Viewer

T = TypeVar("T")

LEASE = timedelta(seconds=30)
"""How long a claim holds without an outcome: longer than any request may take."""
KEPT = timedelta(hours=24)
SWEPT = 20
"""Keys past their time that go with each new one."""


class AnotherRequest(Exception):
    """The key stands for another request."""


class StillRunning(Exception):
    """The same request is being done, by somebody else who has the claim."""

    def __init__(self) -> None:
        super().__init__(
            "The same request with this Idempotency-Key is still running. Send it again in a moment for its answer."
        )


@dataclass
class Receipt:
    """A claim, and what is known of the request's outcomes, each by its place."""

    id: UUID
    claim: UUID
    outcomes: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] | None = None
    done: bool = False
    in_parts: bool = False
    secret: bool = False

    def place(self, about: UUID | None) -> str:
        """The next place of an outcome; of a deal that is named twice there are two."""
        number = self._met.get(about, 0)
        self._met[about] = number + 1
        return f"{about or ''}.{number}"

    def __post_init__(self) -> None:
        self._met: dict[UUID | None, int] = {}


async def claim(viewer: Viewer, name: str, request_hash: str, now: datetime) -> Receipt:
    """Claim the key for this request, or find what it came to. Raises AnotherRequest and StillRunning."""
    organization_id, owner_id = viewer.organization_id, owner(viewer)

    async def work() -> Receipt:
        mine = Idempotency.filter(organization_id=organization_id, owner_id=owner_id, name=name)
        found = await mine.values("id")
        kept = await locked(Idempotency, organization_id, found[0]["id"]) if found else None
        if kept is None or kept["expires_at"] <= now:
            return await _begun(viewer, name, request_hash, now)
        if kept["request_hash"] != request_hash:
            raise AnotherRequest
        if kept["answer"] is None and not kept["done"] and kept["claimed_until"] > now:
            raise StillRunning
        answer = None if kept["answer"] is None else json.loads(kept["answer"])
        receipt = Receipt(kept["id"], new_id(), kept["outcomes"], answer, kept["done"])
        if receipt.answer is None:
            await Idempotency.filter(id=receipt.id).update(claim=receipt.claim, claimed_until=now + LEASE)
        return receipt

    return await transaction(work)


async def _begun(viewer: Viewer, name: str, request_hash: str, now: datetime) -> Receipt:
    """A new claim; keys whose day is over, the same one among them, go. One that came meanwhile collides, and is found again."""
    over = Idempotency.filter(organization_id=viewer.organization_id, expires_at__lte=now)
    await over.filter(owner_id=owner(viewer), name=name).delete()
    gone = await over.limit(SWEPT).values_list("id", flat=True)
    if gone:
        await over.filter(id__in=list(gone)).delete()
    receipt = Receipt(new_id(), new_id())
    await Idempotency.create(
        id=receipt.id,
        organization_id=viewer.organization_id,
        owner_id=owner(viewer),
        name=name,
        request_hash=request_hash,
        claim=receipt.claim,
        claimed_until=now + LEASE,
        expires_at=now + KEPT,
        outcomes={},
    )
    return receipt


async def once(  # kind is Any: a type as a value
    receipt: Receipt, kind: Any, work: Callable[[], Awaitable[T]], about: UUID | None
) -> T:
    """The outcome that was kept at this place, or that of the work, which is kept in the work's transaction."""
    place = receipt.place(about)
    if place in receipt.outcomes:
        kept = receipt.outcomes[place]["is"]
        known: Any = None if kept is None else read(kind, kept)
        return known  # type: ignore[no-any-return]  # of the kind that was kept

    outcomes: dict[str, Any] = {}

    async def kept_work() -> T:
        outcome = await work()
        outcomes.update(receipt.outcomes, **{place: {"is": written(outcome)}})
        mine = Idempotency.filter(id=receipt.id, claim=receipt.claim)
        if not await mine.update(outcomes=outcomes, done=not receipt.in_parts):
            raise StillRunning
        receipt.secret = receipt.secret or holds_a_secret(outcome)
        return outcome

    answer = await transaction(kept_work)
    receipt.outcomes = outcomes
    return answer


async def keep_answer(receipt: Receipt, answer: dict[str, Any]) -> None:
    """Keep the answer as it was given, unless it holds what is told once; whoever has the claim by now keeps their own."""
    fields: dict[str, Any] = {"done": True} if receipt.secret else {"done": True, "answer": json.dumps(answer)}

    async def work() -> None:
        await Idempotency.filter(id=receipt.id, claim=receipt.claim, answer=None).update(**fields)

    with suppress(Unavailable):
        await transaction(work)


async def give_up(receipt: Receipt, now: datetime) -> None:
    """Let the next one who sends the request have the claim at once."""

    async def work() -> None:
        await Idempotency.filter(id=receipt.id, claim=receipt.claim).update(claimed_until=now)

    with suppress(Unavailable):
        await transaction(work)


def owner(viewer: Viewer) -> UUID | None:
    """Whose keys they are: the API key's, or the member's who came with a token."""
    return viewer.key.id if viewer.key else viewer.member_id
