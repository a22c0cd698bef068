"""The seven arrows as verbs: what each asks for, and what it applies before its gate is judged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from workflow.operations.buyer.assessments import AssessmentGiven, assess
from workflow.operations.change.change import Deal
from workflow.operations.change.columns import OpportunityChanges, close_date_columns, next_step_columns, valued
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import Faults
from workflow.operations.opportunity.transitions import Attempt, Moved, Terms, transit
from workflow.rules.enums import CompetitorKind, DisqualifyReason, LossReason, OpportunityState, Trigger, WinReason
from workflow.rules.opportunity.facts import NextStep

SHORTEST_NOTE = 20


@dataclass(frozen=True, slots=True)
class AppliedFirst:
    """What QUALIFY records before it asks its gate; None leaves a part out."""

    assessments: Sequence[AssessmentGiven] = ()
    pain_since: date | None = None
    next_step: NextStep | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """Why a deal was lost, and to whom."""

    reason: LossReason
    competitor_id: UUID | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Won:
    """Why a deal was won, and what was agreed at last."""

    reason: WinReason
    closed_on: date | None = None
    changes: OpportunityChanges = field(default_factory=OpportunityChanges)


async def qualify(ctx: Ctx, id: UUID, first: AppliedFirst, terms: Terms) -> Moved:
    """LEAD becomes QUALIFIED where pain, interest and fit hold, and what else the process asks."""

    async def apply(deal: Deal) -> None:
        if first.assessments or first.pain_since is not None:
            deal.tell("criterion.assessed", **await assess(deal, first.assessments, first.pain_since))
        if first.next_step is not None:
            await _apply(deal, {"next_step": first.next_step})

    return await transit(ctx, id, Attempt(Trigger.QUALIFY, terms, apply=apply))


async def progress(ctx: Ctx, id: UUID, changes: OpportunityChanges, terms: Terms) -> Moved:
    """QUALIFIED becomes PROGRESSING; a date given with it is a new baseline, and the milestones are laid out."""

    async def apply(deal: Deal) -> None:
        await _apply(deal, changes)

    return await transit(ctx, id, Attempt(Trigger.PROGRESS, terms, apply=apply))


async def win(ctx: Ctx, id: UUID, won: Won, terms: Terms) -> Moved:
    """PROGRESSING becomes WON."""

    async def apply(deal: Deal) -> None:
        await _apply(deal, won.changes)

    reasons = {"win_reason": won.reason}
    return await transit(ctx, id, Attempt(Trigger.WIN, terms, reasons=reasons, closed_on=won.closed_on, apply=apply))


async def lose(ctx: Ctx, id: UUID, lost: Lost, terms: Terms) -> Moved:
    """QUALIFIED or PROGRESSING becomes LOST; to whom, where it was lost to a competitor."""

    def check(deal: Deal, faults: Faults) -> None:
        _explained(faults, lost.reason, terms.note)
        _check_rival(deal, lost, faults)

    reasons = {"loss_reason": lost.reason, "lost_to_id": lost.competitor_id}
    return await transit(ctx, id, Attempt(Trigger.LOSE, terms, reasons=reasons, closed_on=lost.closed_on, check=check))


async def disqualify(ctx: Ctx, id: UUID, reason: DisqualifyReason, terms: Terms) -> Moved:
    """Stop: the deal is DISQUALIFIED, with the reason why."""

    def check(deal: Deal, faults: Faults) -> None:
        _explained(faults, reason, terms.note)

    return await transit(
        ctx, id, Attempt(Trigger.DISQUALIFY, terms, reasons={"disqualify_reason": reason}, check=check)
    )


async def regress(ctx: Ctx, id: UUID, terms: Terms) -> Moved:
    """Back by one state, with a note that says why."""
    return await transit(ctx, id, Attempt(Trigger.REGRESS, terms))


async def reopen(ctx: Ctx, id: UUID, to: OpportunityState, changes: OpportunityChanges, terms: Terms) -> Moved:
    """A closed deal is open again; the gate into its target is judged anew."""

    async def apply(deal: Deal) -> None:
        await _apply(deal, changes)

    return await transit(ctx, id, Attempt(Trigger.REOPEN, terms, target=to, apply=apply))


async def _apply(deal: Deal, changes: OpportunityChanges) -> None:
    """Write value, date and next step; a date is a new baseline here, never a push."""
    faults = Faults()
    columns: dict[str, object] = {}
    if "next_step" in changes:
        columns |= next_step_columns(changes["next_step"], faults)
    if "expected_close_date" in changes:
        columns |= close_date_columns(faults, changes["expected_close_date"])
    faults.raise_if_any()
    await deal.write(**columns, **await valued(deal.ctx, changes))


def _explained(faults: Faults, reason: LossReason | DisqualifyReason, note: str | None) -> None:
    if reason in (LossReason.OTHER, DisqualifyReason.OTHER) and len((note or "").strip()) < SHORTEST_NOTE:
        message = f"The reason OTHER needs a `note` of at least {SHORTEST_NOTE} characters that says why."
        faults.add("note", message=message)


def _check_rival(deal: Deal, lost: Lost, faults: Faults) -> None:
    """One of the deal's competitors where the deal was lost to one, and only there; doing nothing is NO_DECISION."""
    if lost.reason is not LossReason.LOST_TO_COMPETITOR:
        if lost.competitor_id is not None:
            faults.add("competitorId", message="`competitorId` goes with LOST_TO_COMPETITOR. Leave it out.")
        return
    rivals = {rival.id: rival for rival in deal.facts.competitors}
    named = rivals.get(lost.competitor_id) if lost.competitor_id else None
    if named is None:
        names = ", ".join(rival.name for rival in rivals.values() if rival.kind is not CompetitorKind.STATUS_QUO)
        known = f"on record: {names}" if names else "none is on record yet: addCompetitor"
        message = f"LOST_TO_COMPETITOR names one of the deal's competitors with `competitorId` ({known})."
        faults.add("competitorId", message=message)
    elif named.kind is CompetitorKind.STATUS_QUO:
        message = "A deal lost to the status quo is NO_DECISION. Give that reason, or name another competitor."
        faults.add("competitorId", message=message)
