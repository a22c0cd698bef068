"""Many deals at once: the same guards, one transaction and one answer for each."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from workflow.operations.change.change import Deal, change, refuse_closed
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.change.ownership import hand_over, may_own
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import Faults
from workflow.operations.opportunity import triggers
from workflow.operations.opportunity.migrate_process import migrate
from workflow.operations.opportunity.transitions import Moved, Terms
from workflow.operations.opportunity.triggers import Lost, Won
from workflow.queries.process.processes import process
from workflow.rules.enums import (
    DisqualifyReason,
    LossReason,
    OpportunityState,
    TransitionSource,
    Trigger,
    WinReason,
)
from workflow.rules.errors import NotFound, PermissionDenied, Refusal, invalid
from workflow.rules.permissions import Action, may_coach, require

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Ref:
    """A deal that is meant, and the version that was read."""

    id: UUID
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class RowDone:
    """What became of one deal; a problem is why nothing was done with it."""

    id: UUID
    transition_id: UUID | None = None
    problem: Refusal | None = None


@dataclass(frozen=True, slots=True)
class BulkMove:
    """One arrow for many deals, with the input that it asks for."""

    trigger: Trigger
    terms: Terms
    to: OpportunityState | None = None
    closed_on: date | None = None
    win_reason: WinReason | None = None
    loss_reason: LossReason | None = None
    disqualify_reason: DisqualifyReason | None = None


async def transition_opportunities(ctx: Ctx, refs: Sequence[Ref], move: BulkMove) -> list[RowDone]:
    """Take one arrow with each deal; what all of them lack is InvalidInput, what one lacks is its row's problem."""
    _check_move(refs, move)
    by_bulk = replace(ctx, source=TransitionSource.BULK)

    async def one(ref: Ref) -> UUID | None:
        moved = await _take(by_bulk, ref, move)
        return moved.transition_id

    return await _rows(ctx, refs, one)


async def assign_opportunities(ctx: Ctx, refs: Sequence[Ref], owner_id: UUID) -> list[RowDone]:
    """Give each deal to another owner; PermissionDenied where the role never assigns."""
    require(ctx.viewer, Action.ASSIGN, to="assign opportunities to others")
    faults = Faults()
    _check_count(refs, faults)
    faults.raise_if_any()
    await _check_owner(ctx, owner_id)

    async def one(ref: Ref) -> None:
        await _assign(ctx, ref, owner_id)

    return await _rows(ctx, refs, one)


async def migrate_opportunities(ctx: Ctx, refs: Sequence[Ref], process_key: str) -> list[RowDone]:
    """Move each deal to the newest version of a process; one that is there already stays as it is."""
    require(ctx.viewer, Action.ADMINISTER, to="migrate opportunities to another process")
    faults = Faults()
    _check_count(refs, faults)
    newest = await process(ctx.viewer, process_key)
    if newest is None:
        message = f"There is no process with the key `{process_key[:64]}`. `salesProcesses` lists those there are."
        faults.add("processKey", message=message)
    faults.raise_if_any()

    async def one(ref: Ref) -> None:
        async def verb(deal: Deal) -> None:
            if newest is not None and deal.row.process_id != newest.id:
                await migrate(deal, newest)

        await change(ctx, ref.id, ref.expected_version, verb)

    return await _rows(ctx, refs, one)


async def _check_owner(ctx: Ctx, owner_id: UUID) -> None:
    """The one owner of all rows is no row's problem: an unknown one is a fault of the input."""
    try:
        await may_own(ctx, owner_id)
    except NotFound as unknown:
        message = "Nobody of the organization has this id, or you may not see them. Check the id with `members`."
        raise invalid("ownerId", message=message) from unknown


async def _rows(ctx: Ctx, refs: Sequence[Ref], work: Callable[[Ref], Awaitable[UUID | None]]) -> list[RowDone]:
    """Each deal in turn; under an Idempotency-Key each keeps what became of it, so that the same request goes on where it ended."""
    if ctx.receipt is not None:
        ctx.receipt.in_parts = True
    return [await _row(ref, work) for ref in refs]


async def _row(ref: Ref, work: Callable[[Ref], Awaitable[UUID | None]]) -> RowDone:
    try:
        return RowDone(ref.id, transition_id=await work(ref))
    except Refusal as problem:
        return RowDone(ref.id, problem=problem)


def _check_count(refs: Sequence[Ref], faults: Faults) -> None:
    if not 1 <= len(refs) <= MOST_ROWS:
        faults.add("opportunities", message=f"There are {len(refs)} opportunities; give 1 to {MOST_ROWS} at once.")


def _check_move(refs: Sequence[Ref], move: BulkMove) -> None:
    faults = Faults()
    _check_count(refs, faults)
    for trigger, name in _ASKED:
        given = getattr(move, name) is not None
        if trigger is move.trigger and not given:
            faults.add(_PATHS[name], message=f"{trigger} needs `{_PATHS[name]}`.")
        if trigger is not move.trigger and given:
            faults.add(_PATHS[name], message=f"`{_PATHS[name]}` goes with {trigger}. Leave it out.")
    if move.closed_on is not None and move.trigger not in (Trigger.WIN, Trigger.LOSE):
        faults.add("closedOn", message="`closedOn` goes with WIN and LOSE. Leave it out.")
    if move.loss_reason is LossReason.LOST_TO_COMPETITOR:
        message = "LOST_TO_COMPETITOR names the competitor of each deal: use loseOpportunity for one deal at a time."
        faults.add("lossReason", message=message)
    faults.raise_if_any()


_ASKED = (
    (Trigger.WIN, "win_reason"),
    (Trigger.LOSE, "loss_reason"),
    (Trigger.DISQUALIFY, "disqualify_reason"),
    (Trigger.REOPEN, "to"),
)
_PATHS = {"win_reason": "winReason", "loss_reason": "lossReason", "disqualify_reason": "disqualifyReason", "to": "to"}


async def _take(ctx: Ctx, ref: Ref, move: BulkMove) -> Moved:
    terms, none = replace(move.terms, expected_version=ref.expected_version), OpportunityChanges()
    match move:
        case BulkMove(trigger=Trigger.QUALIFY):
            return await triggers.qualify(ctx, ref.id, triggers.AppliedFirst(), terms)
        case BulkMove(trigger=Trigger.PROGRESS):
            return await triggers.progress(ctx, ref.id, none, terms)
        case BulkMove(trigger=Trigger.WIN, win_reason=WinReason() as why):
            return await triggers.win(ctx, ref.id, Won(why, move.closed_on), terms)
        case BulkMove(trigger=Trigger.LOSE, loss_reason=LossReason() as why):
            return await triggers.lose(ctx, ref.id, Lost(why, closed_on=move.closed_on), terms)
        case BulkMove(trigger=Trigger.DISQUALIFY, disqualify_reason=DisqualifyReason() as why):
            return await triggers.disqualify(ctx, ref.id, why, terms)
        case BulkMove(trigger=Trigger.REGRESS):
            return await triggers.regress(ctx, ref.id, terms)
        case BulkMove(trigger=Trigger.REOPEN, to=OpportunityState() as to):
            return await triggers.reopen(ctx, ref.id, to, none, terms)
    raise invalid("trigger", message=f"{move.trigger} lacks an input.")


async def _assign(ctx: Ctx, ref: Ref, owner_id: UUID) -> None:
    """The new owner is no collaborator any more; the same owner again changes nothing."""

    def judge(deal: Deal) -> None:
        if not may_coach(ctx.viewer, Action.ASSIGN, deal.holding):
            raise PermissionDenied(
                "This opportunity is not your team's to assign. Ask a manager of its owner's team or an admin."
            )
        refuse_closed(deal)

    async def verb(deal: Deal) -> None:
        if deal.row.owner_id != owner_id:
            deal.tell("opportunity.updated", **await hand_over(deal, owner_id))

    await change(ctx, ref.id, ref.expected_version, verb, judge=judge)
