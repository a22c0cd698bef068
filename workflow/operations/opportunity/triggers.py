"""The seven arrows as verbs: what each asks for, and what it applies before its gate is judged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from workflow.operations.buyer.assessments import NewAssessment, record_assessments
from workflow.operations.change.change import LockedOpportunity
from workflow.operations.change.columns import OpportunityChanges, close_date_columns, next_step_columns, value_columns
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import Validator
from workflow.operations.opportunity.transitions import (
    TransitionOptions,
    TransitionOutcome,
    TransitionRequest,
    run_transition,
)
from workflow.rules.enums import CompetitorKind, DisqualifyReason, LossReason, OpportunityState, Trigger, WinReason
from workflow.rules.opportunity.facts import NextStep

MIN_NOTE_LENGTH = 20


@dataclass(frozen=True, slots=True)
class QualifyChanges:
    """What QUALIFY records before it asks its gate; None leaves a part out."""

    assessments: Sequence[NewAssessment] = ()
    pain_since: date | None = None
    next_step: NextStep | None = None


@dataclass(frozen=True, slots=True)
class LossDetails:
    """Why a deal was lost, and to whom."""

    reason: LossReason
    competitor_id: UUID | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class WinDetails:
    """Why a deal was won, and what was agreed at last."""

    reason: WinReason
    closed_on: date | None = None
    changes: OpportunityChanges = field(default_factory=OpportunityChanges)


async def qualify(ctx: Ctx, id: UUID, changes: QualifyChanges, options: TransitionOptions) -> TransitionOutcome:
    """LEAD becomes QUALIFIED where pain, interest and fit hold, and what else the process asks."""

    async def apply(deal: LockedOpportunity) -> None:
        if changes.assessments or changes.pain_since is not None:
            deal.emit("criterion.assessed", **await record_assessments(deal, changes.assessments, changes.pain_since))
        if changes.next_step is not None:
            await _write_changes(deal, {"next_step": changes.next_step})

    return await run_transition(ctx, id, TransitionRequest(Trigger.QUALIFY, options, apply=apply))


async def progress(ctx: Ctx, id: UUID, changes: OpportunityChanges, options: TransitionOptions) -> TransitionOutcome:
    """QUALIFIED becomes PROGRESSING; a date given with it is a new baseline, and the milestones are laid out."""

    async def apply(deal: LockedOpportunity) -> None:
        await _write_changes(deal, changes)

    return await run_transition(ctx, id, TransitionRequest(Trigger.PROGRESS, options, apply=apply))


async def win(ctx: Ctx, id: UUID, details: WinDetails, options: TransitionOptions) -> TransitionOutcome:
    """PROGRESSING becomes WON."""

    async def apply(deal: LockedOpportunity) -> None:
        await _write_changes(deal, details.changes)

    reasons = {"win_reason": details.reason}
    return await run_transition(
        ctx, id, TransitionRequest(Trigger.WIN, options, reasons=reasons, closed_on=details.closed_on, apply=apply)
    )


async def lose(ctx: Ctx, id: UUID, details: LossDetails, options: TransitionOptions) -> TransitionOutcome:
    """QUALIFIED or PROGRESSING becomes LOST; to whom, where it was lost to a competitor."""

    def check(deal: LockedOpportunity, validator: Validator) -> None:
        _check_note(validator, details.reason, options.note)
        _check_competitor(deal, details, validator)

    reasons = {"loss_reason": details.reason, "lost_to_id": details.competitor_id}
    return await run_transition(
        ctx, id, TransitionRequest(Trigger.LOSE, options, reasons=reasons, closed_on=details.closed_on, check=check)
    )


async def disqualify(ctx: Ctx, id: UUID, reason: DisqualifyReason, options: TransitionOptions) -> TransitionOutcome:
    """Stop: the deal is DISQUALIFIED, with the reason why."""

    def check(deal: LockedOpportunity, validator: Validator) -> None:
        _check_note(validator, reason, options.note)

    return await run_transition(
        ctx, id, TransitionRequest(Trigger.DISQUALIFY, options, reasons={"disqualify_reason": reason}, check=check)
    )


async def regress(ctx: Ctx, id: UUID, options: TransitionOptions) -> TransitionOutcome:
    """Back by one state, with a note that says why."""
    return await run_transition(ctx, id, TransitionRequest(Trigger.REGRESS, options))


async def reopen(
    ctx: Ctx, id: UUID, to: OpportunityState, changes: OpportunityChanges, options: TransitionOptions
) -> TransitionOutcome:
    """A closed deal is open again; the gate into its target is judged anew."""

    async def apply(deal: LockedOpportunity) -> None:
        await _write_changes(deal, changes)

    return await run_transition(ctx, id, TransitionRequest(Trigger.REOPEN, options, target=to, apply=apply))


async def _write_changes(deal: LockedOpportunity, changes: OpportunityChanges) -> None:
    """Write value, date and next step; a date is a new baseline here, never a push."""
    validator = Validator()
    columns: dict[str, object] = {}
    if "next_step" in changes:
        columns |= next_step_columns(changes["next_step"], validator)
    if "expected_close_date" in changes:
        columns |= close_date_columns(validator, changes["expected_close_date"])
    validator.raise_if_any()
    await deal.write(**columns, **await value_columns(deal.ctx, changes))


def _check_note(validator: Validator, reason: LossReason | DisqualifyReason, note: str | None) -> None:
    if reason in (LossReason.OTHER, DisqualifyReason.OTHER) and len((note or "").strip()) < MIN_NOTE_LENGTH:
        message = f"The reason OTHER needs a `note` of at least {MIN_NOTE_LENGTH} characters that says why."
        validator.add("note", message=message)


def _check_competitor(deal: LockedOpportunity, details: LossDetails, validator: Validator) -> None:
    """One of the deal's competitors where the deal was lost to one, and only there; doing nothing is NO_DECISION."""
    if details.reason is not LossReason.LOST_TO_COMPETITOR:
        if details.competitor_id is not None:
            validator.add("competitorId", message="`competitorId` goes with LOST_TO_COMPETITOR. Leave it out.")
        return
    competitors = {rival.id: rival for rival in deal.facts.competitors}
    competitor = competitors.get(details.competitor_id) if details.competitor_id else None
    if competitor is None:
        names = ", ".join(rival.name for rival in competitors.values() if rival.kind is not CompetitorKind.STATUS_QUO)
        known = f"on record: {names}" if names else "none is on record yet: addCompetitor"
        message = f"LOST_TO_COMPETITOR names one of the deal's competitors with `competitorId` ({known})."
        validator.add("competitorId", message=message)
    elif competitor.kind is CompetitorKind.STATUS_QUO:
        message = "A deal lost to the status quo is NO_DECISION. Give that reason, or name another competitor."
        validator.add("competitorId", message=message)
