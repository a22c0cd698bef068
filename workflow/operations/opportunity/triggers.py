"""The seven triggers: the inputs of each, and the changes that it applies before its gate is evaluated."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from workflow.operations.buyer.assessments import NewAssessment, record_assessments
from workflow.operations.change.columns import (
    OpportunityChanges,
    close_date_columns,
    next_step_columns,
    value_columns,
)
from workflow.operations.change.locked import LockedOpportunity
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import Validator
from workflow.operations.opportunity.transitions import (
    TransitionOptions,
    TransitionOutcome,
    TransitionRequest,
    run_transition,
)
from workflow.rules.enums import (
    CompetitorKind,
    DisqualifyReason,
    LossReason,
    OpportunityState,
    Trigger,
    WinReason,
)
from workflow.rules.opportunity.facts import NextStep

MIN_NOTE_LENGTH = 20


@dataclass(frozen=True, slots=True)
class QualifyChanges:
    """The changes that QUALIFY applies before its gate; None leaves a value as it is."""

    assessments: Sequence[NewAssessment] = ()
    pain_since: date | None = None
    next_step: NextStep | None = None


@dataclass(frozen=True, slots=True)
class LossDetails:
    """The reason of a loss, the competitor that won, and the day."""

    reason: LossReason
    competitor_id: UUID | None = None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class WinDetails:
    """The reason of a win, the day, and the final value, date and next step."""

    reason: WinReason
    closed_on: date | None = None
    changes: OpportunityChanges = field(default_factory=OpportunityChanges)


async def qualify(
    ctx: Ctx, id: UUID, changes: QualifyChanges, options: TransitionOptions
) -> TransitionOutcome:
    """Move a LEAD to QUALIFIED if pain, interest and fit are validated, and the rest of the gate is met."""

    async def apply(deal: LockedOpportunity) -> None:
        if changes.assessments or changes.pain_since is not None:
            deal.emit(
                "criterion.assessed", **record_assessments(deal, changes.assessments, changes.pain_since)
            )
        if changes.next_step is not None:
            await _write_changes(deal, {"next_step": changes.next_step})

    return await run_transition(ctx, id, TransitionRequest(Trigger.QUALIFY, options, apply=apply))


async def progress(
    ctx: Ctx, id: UUID, changes: OpportunityChanges, options: TransitionOptions
) -> TransitionOutcome:
    """Move a QUALIFIED deal to PROGRESSING and plan its milestones.

    A given date is a new baseline, not a push.
    """

    async def apply(deal: LockedOpportunity) -> None:
        await _write_changes(deal, changes)

    return await run_transition(ctx, id, TransitionRequest(Trigger.PROGRESS, options, apply=apply))


async def win(ctx: Ctx, id: UUID, details: WinDetails, options: TransitionOptions) -> TransitionOutcome:
    """Move a PROGRESSING deal to WON."""
    return await run_transition(ctx, id, win_request(details, options))


def win_request(details: WinDetails, options: TransitionOptions) -> TransitionRequest:
    """Return the request of WIN, for one deal or many."""

    async def apply(deal: LockedOpportunity) -> None:
        await _write_changes(deal, details.changes)

    reasons = {"win_reason": details.reason}
    return TransitionRequest(Trigger.WIN, options, reasons=reasons, closed_on=details.closed_on, apply=apply)


async def lose(ctx: Ctx, id: UUID, details: LossDetails, options: TransitionOptions) -> TransitionOutcome:
    """Move a QUALIFIED or PROGRESSING deal to LOST. LOST_TO_COMPETITOR names the competitor."""
    return await run_transition(ctx, id, lose_request(details, options))


def lose_request(details: LossDetails, options: TransitionOptions) -> TransitionRequest:
    """Return the request of LOSE, for one deal or many."""

    def check(deal: LockedOpportunity, validator: Validator) -> None:
        _check_note(validator, details.reason, options.note)
        _check_competitor(deal, details, validator)

    reasons = {"loss_reason": details.reason, "lost_to_id": details.competitor_id}
    return TransitionRequest(Trigger.LOSE, options, reasons=reasons, closed_on=details.closed_on, check=check)


async def disqualify(
    ctx: Ctx, id: UUID, reason: DisqualifyReason, options: TransitionOptions
) -> TransitionOutcome:
    """Move an open deal to DISQUALIFIED, with a reason."""
    return await run_transition(ctx, id, disqualify_request(reason, options))


def disqualify_request(reason: DisqualifyReason, options: TransitionOptions) -> TransitionRequest:
    """Return the request of DISQUALIFY, for one deal or many."""

    def check(deal: LockedOpportunity, validator: Validator) -> None:
        _check_note(validator, reason, options.note)

    return TransitionRequest(Trigger.DISQUALIFY, options, reasons={"disqualify_reason": reason}, check=check)


async def regress(ctx: Ctx, id: UUID, options: TransitionOptions) -> TransitionOutcome:
    """Move a deal back by one state, with a note that gives the reason."""
    return await run_transition(ctx, id, TransitionRequest(Trigger.REGRESS, options))


async def reopen(
    ctx: Ctx, id: UUID, to: OpportunityState, changes: OpportunityChanges, options: TransitionOptions
) -> TransitionOutcome:
    """Move a closed deal back to an open state. The gate into that state is evaluated again."""

    async def apply(deal: LockedOpportunity) -> None:
        await _write_changes(deal, changes)

    return await run_transition(ctx, id, TransitionRequest(Trigger.REOPEN, options, target=to, apply=apply))


async def _write_changes(deal: LockedOpportunity, changes: OpportunityChanges) -> None:
    """Write value, date and next step. A date given with a transition is a new baseline, never a push."""
    validator = Validator()
    columns: dict[str, object] = {}
    if "next_step" in changes:
        columns |= next_step_columns(changes["next_step"], validator)
    if "expected_close_date" in changes:
        columns |= close_date_columns(validator, changes["expected_close_date"])
    validator.raise_if_any()
    deal.write(**columns, **await value_columns(deal.ctx, changes))


def _check_note(validator: Validator, reason: LossReason | DisqualifyReason, note: str | None) -> None:
    if reason in (LossReason.OTHER, DisqualifyReason.OTHER) and len((note or "").strip()) < MIN_NOTE_LENGTH:
        message = (
            f"The reason OTHER needs a `note` of at least {MIN_NOTE_LENGTH} characters that explains it."
        )
        validator.add("note", message=message)


def _check_competitor(deal: LockedOpportunity, details: LossDetails, validator: Validator) -> None:
    """Require one of the deal's competitors for LOST_TO_COMPETITOR and none for another reason."""
    if details.reason is not LossReason.LOST_TO_COMPETITOR:
        if details.competitor_id is not None:
            validator.add(
                "competitorId",
                message="`competitorId` is allowed only with LOST_TO_COMPETITOR. Leave it out.",
            )
        return
    competitor = next((known for known in deal.facts.competitors if known.id == details.competitor_id), None)
    if competitor is None:
        vendors = [
            known.name for known in deal.facts.competitors if known.kind is not CompetitorKind.STATUS_QUO
        ]
        names = ", ".join(f"“{name}”" for name in vendors)
        known = f"It has {names}." if names else "It has none yet: add one with addCompetitor."
        message = f"LOST_TO_COMPETITOR needs `competitorId`, one of the deal's competitors. {known}"
        validator.add("competitorId", message=message)
    elif competitor.kind is CompetitorKind.STATUS_QUO:
        message = (
            "`competitorId` is the status quo, and a deal lost to it has the reason NO_DECISION. "
            "Give that reason, or name another competitor."
        )
        validator.add("competitorId", message=message)
