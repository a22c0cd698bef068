"""Bulk operations: each deal has the usual checks and a result of its own; batches are written together."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from workflow.operations.change.change import DealRef, change_many
from workflow.operations.change.locked import LockedOpportunity, refuse_closed
from workflow.operations.change.ownership import authorize_owner, change_owner
from workflow.operations.core.context import Ctx
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Validator
from workflow.operations.opportunity import triggers
from workflow.operations.opportunity.migrate_process import migrate
from workflow.operations.opportunity.transitions import (
    TransitionOptions,
    TransitionRequest,
    transition_many,
)
from workflow.operations.opportunity.triggers import LossDetails, WinDetails
from workflow.queries.process.processes import process
from workflow.rules.enums import (
    DisqualifyReason,
    LossReason,
    OpportunityState,
    TransitionSource,
    Trigger,
    WinReason,
)
from workflow.rules.errors import NotFoundError, PermissionDeniedError, Refusal, invalid_field
from workflow.rules.permissions import Action, may_manage, require_permission

MAX_ROWS = 100
BATCH_SIZE = 50
"""Deals that are changed in one transaction. Nobody waits for a bulk request longer than one batch takes."""


@dataclass(frozen=True, slots=True)
class BulkItem:
    """A deal of a bulk request, and the version that the client expects."""

    id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class BulkItemResult:
    """The result for one deal; if it has a problem, the deal was not changed."""

    id: UUID
    transition_id: UUID | None = None
    problem: Refusal | None = None


@dataclass(frozen=True, slots=True)
class ChangedDeal:
    """A deal that a batch has changed, as it is stored under an Idempotency-Key."""

    id: UUID
    transition_id: UUID | None


BatchWork = Callable[[Sequence[DealRef]], Awaitable[list[BulkItemResult]]]


@dataclass(frozen=True, slots=True)
class BulkTransition:
    """The transition of a bulk request, with the inputs of its trigger."""

    trigger: Trigger
    options: TransitionOptions
    to: OpportunityState | None = None
    closed_on: date | None = None
    win_reason: WinReason | None = None
    loss_reason: LossReason | None = None
    disqualify_reason: DisqualifyReason | None = None


async def transition_opportunities(
    ctx: Ctx, refs: Sequence[BulkItem], transition: BulkTransition
) -> list[BulkItemResult]:
    """Run one transition on each deal.

    Faulty inputs raise InvalidInput; a refusal of one deal is that deal's problem.
    """
    _check_transition(refs, transition)
    bulk_ctx = replace(ctx, source=TransitionSource.BULK)

    request = _transition_request(transition)

    async def work(batch: Sequence[DealRef]) -> list[BulkItemResult]:
        results = await transition_many(bulk_ctx, batch, request)
        return [
            BulkItemResult(one.id, one.result.transition_id if one.result else None, one.problem)
            for one in results
        ]

    return await _run_all(ctx, refs, work)


async def assign_opportunities(ctx: Ctx, refs: Sequence[BulkItem], owner_id: UUID) -> list[BulkItemResult]:
    """Assign each deal to another owner; PermissionDenied if the viewer's role may not assign at all."""
    require_permission(ctx.viewer, Action.ASSIGN, to="assign opportunities to others")
    validator = Validator()
    _check_count(refs, validator)
    validator.raise_if_any()
    await _check_owner(ctx, owner_id)

    async def work(batch: Sequence[DealRef]) -> list[BulkItemResult]:
        return await _assign(ctx, batch, owner_id)

    return await _run_all(ctx, refs, work)


async def migrate_opportunities(ctx: Ctx, refs: Sequence[BulkItem], process_key: str) -> list[BulkItemResult]:
    """Migrate each deal to the newest version of a process. A deal that has that version is not changed."""
    require_permission(ctx.viewer, Action.ADMINISTER, to="migrate opportunities to another process")
    validator = Validator()
    _check_count(refs, validator)
    newest = await process(ctx.viewer, process_key)
    if newest is None:
        message = f"There is no process with the key `{process_key[:64]}`. `salesProcesses` lists them."
        validator.add("processKey", message=message)
    validator.raise_if_any()

    async def verb(deal: LockedOpportunity) -> None:
        if newest is not None and deal.row.process_id != newest.id:
            migrate(deal, newest)

    async def work(batch: Sequence[DealRef]) -> list[BulkItemResult]:
        results = await change_many(ctx, batch, verb)
        return [BulkItemResult(one.id, problem=one.problem) for one in results]

    return await _run_all(ctx, refs, work)


async def _check_owner(ctx: Ctx, owner_id: UUID) -> None:
    """Refuse an unknown owner as a fault of the input: it concerns every deal, not one of them."""
    try:
        await authorize_owner(ctx, owner_id)
    except NotFoundError as unknown:
        message = "There is no member with this id, or you may not see them. `members` lists the members."
        raise invalid_field("ownerId", message=message) from unknown


async def _run_all(ctx: Ctx, refs: Sequence[BulkItem], work: BatchWork) -> list[BulkItemResult]:
    """Run the work on the deals in batches, each in a transaction of its own."""
    # Under an Idempotency-Key each batch stores its own results, so that a repeated request continues
    # after the last one.
    if ctx.idempotency is not None:
        ctx.idempotency.is_batch = True
    results: dict[int, BulkItemResult] = {}
    # Refusals are not stored. A repeated request tries these deals again, after all others.
    while len(results) < len(refs):
        pending = [place for place in range(len(refs)) if place not in results]
        for places in _batches(refs, pending):
            done = await _run_batch(ctx, [refs[place] for place in places], work)
            results |= {place: done[refs[place].id] for place in places if refs[place].id in done}
    return [results[place] for place in range(len(refs))]


def _batches(refs: Sequence[BulkItem], places: Iterable[int]) -> Iterator[list[int]]:
    """Yield the places in batches that name no deal twice, in the order of the request."""
    batch: list[int] = []
    seen: set[UUID] = set()
    for place in places:
        if len(batch) == BATCH_SIZE or refs[place].id in seen:
            yield batch
            batch = []
            seen = set()
        batch.append(place)
        seen.add(refs[place].id)
    if batch:
        yield batch


async def _run_batch(ctx: Ctx, refs: Sequence[BulkItem], work: BatchWork) -> dict[UUID, BulkItemResult]:
    """Run the work on one batch, or return what it has changed under the same Idempotency-Key."""
    results: list[BulkItemResult] = []

    async def change_deals() -> tuple[ChangedDeal, ...]:
        results[:] = await work([DealRef(ref.id, ref.expected_version) for ref in refs])
        return tuple(ChangedDeal(one.id, one.transition_id) for one in results if one.problem is None)

    changed = await perform(ctx, change_deals, subject_id=refs[0].id)
    if not results:
        results = [BulkItemResult(one.id, one.transition_id) for one in changed]
    return {one.id: one for one in results}


def _check_count(refs: Sequence[BulkItem], validator: Validator) -> None:
    if not 1 <= len(refs) <= MAX_ROWS:
        validator.add(
            "opportunities", message=f"There are {len(refs)} opportunities; give 1 to {MAX_ROWS} at once."
        )


def _check_transition(refs: Sequence[BulkItem], transition: BulkTransition) -> None:
    validator = Validator()
    _check_count(refs, validator)
    for trigger, name in _REQUIRED_INPUTS:
        is_given = getattr(transition, name) is not None
        if trigger is transition.trigger and not is_given:
            validator.add(_PATHS[name], message=f"{trigger} needs `{_PATHS[name]}`.")
        if trigger is not transition.trigger and is_given:
            validator.add(
                _PATHS[name], message=f"`{_PATHS[name]}` is allowed only with {trigger}. Leave it out."
            )
    if transition.closed_on is not None and transition.trigger not in (Trigger.WIN, Trigger.LOSE):
        validator.add("closedOn", message="`closedOn` is allowed only with WIN and LOSE. Leave it out.")
    if transition.loss_reason is LossReason.LOST_TO_COMPETITOR:
        message = (
            "LOST_TO_COMPETITOR needs a competitor of each deal. Use loseOpportunity for one deal at a time."
        )
        validator.add("lossReason", message=message)
    validator.raise_if_any()


_REQUIRED_INPUTS = (
    (Trigger.WIN, "win_reason"),
    (Trigger.LOSE, "loss_reason"),
    (Trigger.DISQUALIFY, "disqualify_reason"),
    (Trigger.REOPEN, "to"),
)
_PATHS = {
    "win_reason": "winReason",
    "loss_reason": "lossReason",
    "disqualify_reason": "disqualifyReason",
    "to": "to",
}


def _transition_request(transition: BulkTransition) -> TransitionRequest:
    options = transition.options
    match transition:
        case BulkTransition(trigger=Trigger.QUALIFY | Trigger.PROGRESS | Trigger.REGRESS as trigger):
            return TransitionRequest(trigger, options)
        case BulkTransition(trigger=Trigger.WIN, win_reason=WinReason() as reason):
            return triggers.win_request(WinDetails(reason, transition.closed_on), options)
        case BulkTransition(trigger=Trigger.LOSE, loss_reason=LossReason() as reason):
            return triggers.lose_request(LossDetails(reason, closed_on=transition.closed_on), options)
        case BulkTransition(trigger=Trigger.DISQUALIFY, disqualify_reason=DisqualifyReason() as reason):
            return triggers.disqualify_request(reason, options)
        case BulkTransition(trigger=Trigger.REOPEN, to=OpportunityState() as to):
            return TransitionRequest(Trigger.REOPEN, options, target=to)
    raise invalid_field("trigger", message=f"{transition.trigger} has an input missing.")


async def _assign(ctx: Ctx, batch: Sequence[DealRef], owner_id: UUID) -> list[BulkItemResult]:
    """Assign deals.

    The new owner stops being a collaborator; assigning the present owner changes nothing.
    """

    def authorize(deal: LockedOpportunity) -> None:
        if not may_manage(ctx.viewer, Action.ASSIGN, deal.ownership):
            raise PermissionDeniedError(
                "You may assign only your team's deals. Ask a manager of its owner's team or an admin."
            )
        refuse_closed(deal)

    async def verb(deal: LockedOpportunity) -> None:
        if deal.row.owner_id != owner_id:
            deal.emit("opportunity.updated", **change_owner(deal, owner_id))

    results = await change_many(ctx, batch, verb, authorize=authorize)
    return [BulkItemResult(one.id, problem=one.problem) for one in results]
