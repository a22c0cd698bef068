"""Moving a deal: the only writer of `state`; a dry run, a refusal and a success are the same code."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from workflow.models import Account, Transition
from workflow.models.columns import new_id
from workflow.operations.assessing import AssessmentGiven, assess
from workflow.operations.change import Deal, RolledBack, change
from workflow.operations.checks import Faults
from workflow.operations.context import Ctx
from workflow.operations.locking import locked
from workflow.operations.opportunities import next_step_columns
from workflow.rules.errors import PermissionDenied, TransitionBlocked
from workflow.rules.facts import NextStep
from workflow.rules.machine import Arrow, advance, arrow_of, overridable, verdicts, why_not_take
from workflow.rules.plain import written
from workflow.rules.requirements import Verdict, unmet
from workflow.rules.states import CLOSED_STATES, DisqualifyReason, OpportunityState, Trigger

SHORTEST_NOTE = 20


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to take an arrow: what it applies first, and the close it would make."""

    trigger: Trigger
    note: str | None = None
    dry_run: bool = False
    target: OpportunityState | None = None
    close: dict[str, object] = field(default_factory=dict)
    check: Callable[[Deal, Faults], None] | None = None
    apply: Callable[[Deal], Awaitable[dict[str, object]]] | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of it; `transition_id` is None on a dry run."""

    opportunity_id: UUID
    transition_id: UUID | None
    target: OpportunityState
    verdicts: tuple[Verdict, ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class AppliedFirst:
    """What QUALIFY records before it asks its gate; None leaves a part out."""

    assessments: Sequence[AssessmentGiven] = ()
    pain_since: date | None = None
    next_step: NextStep | None = None


async def qualify(
    ctx: Ctx,
    id: UUID,
    first: AppliedFirst,
    *,
    note: str | None = None,
    dry_run: bool = False,
    expected_version: int | None = None,
) -> Moved:
    """LEAD becomes QUALIFIED where pain, interest and fit hold, and what else the process asks."""

    async def apply(deal: Deal) -> dict[str, object]:
        told: dict[str, object] = {}
        if first.assessments or first.pain_since is not None:
            told = await assess(deal, first.assessments, first.pain_since)
        if first.next_step is not None:
            faults = Faults()
            columns = next_step_columns(first.next_step, faults)
            faults.raise_if_any()
            await deal.write(**columns)
            told["nextStep"] = columns
        return told

    attempt = Attempt(trigger=Trigger.QUALIFY, note=note, dry_run=dry_run, apply=apply)
    return await transit(ctx, id, attempt, expected_version=expected_version)


async def disqualify(
    ctx: Ctx,
    id: UUID,
    reason: DisqualifyReason,
    *,
    note: str | None = None,
    dry_run: bool = False,
    expected_version: int | None = None,
) -> Moved:
    """Stop: the deal is DISQUALIFIED, with the reason why."""

    def check(deal: Deal, faults: Faults) -> None:
        if reason is DisqualifyReason.OTHER and len((note or "").strip()) < SHORTEST_NOTE:
            faults.add(
                "note", message=f"The reason OTHER needs a `note` of at least {SHORTEST_NOTE} characters that says why."
            )

    attempt = Attempt(
        trigger=Trigger.DISQUALIFY, note=note, dry_run=dry_run, close={"disqualify_reason": reason}, check=check
    )
    return await transit(ctx, id, attempt, expected_version=expected_version)


async def transit(ctx: Ctx, id: UUID, attempt: Attempt, *, expected_version: int | None) -> Moved:
    """Take the arrow if every requirement of its gate holds; else nothing is written and all that is unmet is told."""

    def judge(deal: Deal) -> None:
        forbidden = why_not_take(_arrow(deal, attempt), ctx.viewer, deal.holding)
        if forbidden is not None:
            raise PermissionDenied(forbidden)

    async def verb(deal: Deal) -> Moved:
        moved = await _move(deal, attempt)
        if attempt.dry_run:
            raise RolledBack(moved)
        return moved

    try:
        return await change(ctx, id, expected_version, verb, judge=judge)
    except RolledBack as done:
        if not isinstance(done.answer, Moved):
            raise
        return done.answer


def _arrow(deal: Deal, attempt: Attempt) -> Arrow:
    return arrow_of(deal.facts, attempt.trigger, attempt.target)


async def _move(deal: Deal, attempt: Attempt) -> Moved:
    arrow = _arrow(deal, attempt)
    faults = Faults()
    note = faults.text(attempt.note, "note", most=20_000)
    if attempt.check is not None:
        attempt.check(deal, faults)
    faults.raise_if_any()
    await locked(Account, deal.organization_id, deal.facts.account.id)
    told = await attempt.apply(deal) if attempt.apply is not None else {}
    await deal.look_again()
    found = verdicts(arrow, deal.facts, deal.process, deal.ctx.now)
    missing = unmet(found)
    if missing:
        may_pass = overridable(missing, deal.ctx.viewer, deal.holding)
        raise TransitionBlocked(trigger=attempt.trigger, opportunity_id=deal.id, unmet=missing, overridable=may_pass)
    target = advance(deal.facts.state, attempt.trigger, arrow.target)
    id = await _record(deal, attempt, target=target, note=note, found=found, told=told)
    return Moved(
        opportunity_id=deal.id,
        transition_id=None if attempt.dry_run else id,
        target=target,
        verdicts=found,
        dry_run=attempt.dry_run,
    )


async def _record(
    deal: Deal,
    attempt: Attempt,
    *,
    target: OpportunityState,
    note: str | None,
    found: tuple[Verdict, ...],
    told: dict[str, object],
) -> UUID:
    """Write the new state, its history row and the event."""
    facts, now, id = deal.facts, deal.ctx.now, new_id()
    settings = deal.process.settings(target)
    arrow = {"trigger": attempt.trigger, "from_state": facts.state, "to_state": target}
    close = {"closed_on": facts.today(now), **attempt.close} if target in CLOSED_STATES else {}
    forecast = {"probability": float(settings.probability), "forecast_category": settings.forecast_category}
    gate = [written(verdict) for verdict in found]
    await _remember(deal, id, {**arrow, **close, **forecast, "note": note, "requirements": gate})
    kept = {"closed_from": facts.state, "close_note": note, **close} if close else {}
    await deal.write(state=target, state_since=now, probability_is_manual=False, **forecast, **kept)
    names = {"trigger": attempt.trigger, "from": facts.state, "to": target}
    deal.tell("opportunity.transitioned", transitionId=id, **names, **told, close=close or None)
    return id


async def _remember(deal: Deal, id: UUID, arrow: dict[str, Any]) -> None:  # Any: columns of several kinds
    """The history row: the arrow, and what the deal weighed then."""
    facts, now = deal.facts, deal.ctx.now
    await Transition.create(
        id=id,
        organization_id=deal.organization_id,
        opportunity_id=deal.id,
        sequence=await Transition.filter(opportunity_id=deal.id).count() + 1,
        at=now,
        source=deal.ctx.source,
        process_id=deal.process_id,
        seconds_in_previous_state=max(0, int((now - facts.state_since).total_seconds())),
        value_minor=facts.value_minor,
        value_currency=facts.value_currency,
        expected_close_date=facts.expected_close_date,
        **arrow,
        **deal.ctx.actor(),
    )
