"""Moving a deal: the only writer of `state`; a dry run, a refusal and a success are the same code."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from workflow.models import Account, Transition
from workflow.models.columns import new_id
from workflow.operations.buyer.milestone_plan import lay_out, start_anew
from workflow.operations.change.change import Deal, RolledBack, change
from workflow.operations.change.overrides import OverrideGiven, check_override, make_debt
from workflow.operations.core.context import Ctx
from workflow.operations.core.locking import hold
from workflow.operations.core.validation import Faults
from workflow.operations.pricing.exchange_rates import base_worth
from workflow.rules.codec import camel, written
from workflow.rules.enums import CLOSED_STATES, OpportunityState, Trigger
from workflow.rules.errors import PermissionDenied, TransitionBlocked
from workflow.rules.gates.machine import (
    Arrow,
    advance,
    arrow_of,
    arrows,
    overridable,
    overridden,
    verdicts,
    why_not_take,
)
from workflow.rules.gates.requirements import Verdict, unmet
from workflow.rules.permissions import Action

NO_CLOSE: Mapping[str, object] = dict.fromkeys(
    ("closed_on", "closed_from", "win_reason", "loss_reason", "disqualify_reason", "lost_to_id", "close_note")
)


async def nothing(deal: Deal) -> None:
    """Applies nothing first."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What every attempt may say: in whose words, passing what, and whether it is only tried."""

    note: str | None = None
    override: OverrideGiven | None = None
    dry_run: bool = False
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to take an arrow: the faults of its inputs, what it applies first, and the close it would make."""

    trigger: Trigger
    terms: Terms
    target: OpportunityState | None = None
    reasons: Mapping[str, object] = field(default_factory=dict)
    closed_on: date | None = None
    check: Callable[[Deal, Faults], None] = lambda deal, faults: None
    apply: Callable[[Deal], Awaitable[None]] = nothing


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of it; `transition_id` is None on a dry run."""

    opportunity_id: UUID
    transition_id: UUID | None
    target: OpportunityState
    verdicts: tuple[Verdict, ...]
    dry_run: bool


async def transit(ctx: Ctx, id: UUID, attempt: Attempt) -> Moved:
    """Take the arrow if every requirement of its gate holds; else nothing is written and all that is unmet is told."""

    def judge(deal: Deal) -> None:
        forbidden = why_not_take(_arrow(deal, attempt), ctx.viewer, deal.holding)
        if forbidden is not None:
            raise PermissionDenied(forbidden)

    async def verb(deal: Deal) -> Moved:
        moved = await _move(deal, attempt)
        if attempt.terms.dry_run:
            raise RolledBack(moved)
        return moved

    try:
        return await change(ctx, id, attempt.terms.expected_version, verb, judge=judge)
    except RolledBack as done:
        if not isinstance(done.answer, Moved):
            raise
        return done.answer


def _arrow(deal: Deal, attempt: Attempt) -> Arrow:
    return arrow_of(deal.facts, attempt.trigger, attempt.target)


async def _move(deal: Deal, attempt: Attempt) -> Moved:
    """Inputs, what is applied first and its worth, then the gate on the locked deal and its locked account, then the writing."""
    arrow, terms = _arrow(deal, attempt), attempt.terms
    note = _checked(deal, attempt, arrow)
    await hold(Account, deal.organization_id, deal.facts.account.id)
    await attempt.apply(deal)
    await deal.look_again()
    target = advance(deal.facts.state, attempt.trigger, arrow.target)
    await deal.write(**await _worth(deal, _closed_on(deal, attempt, target)))
    found = _judged(deal, attempt, arrow)
    id = await _record(deal, attempt, target=target, note=note, found=found)
    return Moved(
        opportunity_id=deal.id,
        transition_id=None if terms.dry_run else id,
        target=target,
        verdicts=found,
        dry_run=terms.dry_run,
    )


def _checked(deal: Deal, attempt: Attempt, arrow: Arrow) -> str | None:
    """The note, where every input can be taken."""
    faults = Faults()
    note = faults.text(attempt.terms.note, "note", required="note" in arrow.inputs, most=20_000)
    check_override(attempt.terms.override, deal.ctx.now, faults)
    if attempt.closed_on is not None:
        _check_closed_on(deal, attempt.closed_on, faults)
    attempt.check(deal, faults)
    faults.raise_if_any()
    return note


def _check_closed_on(deal: Deal, closed_on: date, faults: Faults) -> None:
    """Not after today, and not before the present state was entered; an admin may go back to the deal's first day."""
    backdates = deal.ctx.viewer.may(Action.BACKDATE_CLOSE)
    earliest = deal.facts.today(deal.row.created_at if backdates else deal.row.state_since)
    if closed_on > deal.facts.today(deal.ctx.now):
        faults.add("closedOn", message="`closedOn` is after today. Give the day the deal was closed.")
    if closed_on < earliest:
        since = "the deal was made" if backdates else f"the deal became {deal.row.state}"
        faults.add(
            "closedOn", message=f"`closedOn` is before {earliest}, the day {since}. Give that day or a later one."
        )


def _judged(deal: Deal, attempt: Attempt, arrow: Arrow) -> tuple[Verdict, ...]:
    """The gate as it was found and passed; TransitionBlocked where something unmet was not, or could not be, overridden."""
    found, viewer = verdicts(arrow, deal.facts, deal.process, deal.ctx.now), deal.ctx.viewer
    keys = attempt.terms.override.requirement_keys if attempt.terms.override else ()
    passed = overridden(found, keys, viewer, deal.holding)
    if left := unmet(passed):
        missing = unmet(found)
        may_pass = overridable(missing, viewer, deal.holding)
        raise TransitionBlocked(
            trigger=attempt.trigger,
            opportunity_id=deal.id,
            unmet=missing,
            overridable=may_pass,
            advice=_why_untaken(left, keys) if keys else _way_on(deal.row.state, may_pass=may_pass),
        )
    return passed


def _way_on(state: OpportunityState, *, may_pass: bool) -> str:
    """What else can be done than to meet what is unmet; of a closed deal nothing can be met before it is open."""
    closed = f" Nothing of this can be changed while it is {state}." if state in CLOSED_STATES else ""
    to_lead = any(arrow.target is OpportunityState.LEAD for arrow in arrows(state)) if closed else False
    freely = " REOPEN to LEAD asks for nothing." if to_lead else ""
    passing = " You may pass it with `override`: the keys of all that is unmet, and a reason." if may_pass else ""
    return f"{closed}{freely}{passing}"


def _why_untaken(left: tuple[Verdict, ...], keys: tuple[str, ...]) -> str:
    """What an override that was given did not pass: it left something out, or it was not this viewer's to give."""
    forgotten = [verdict.key for verdict in left if verdict.key not in keys]
    if forgotten:
        return f" The override does not name {', '.join(forgotten)}: it passes all that is unmet, or nothing."
    return (
        f" The override of {', '.join(verdict.key for verdict in left)} is not yours to give: SOFT needs a manager of the "
        "owner's team, HARD an admin, and never who works the deal."
    )


async def _record(
    deal: Deal, attempt: Attempt, *, target: OpportunityState, note: str | None, found: tuple[Verdict, ...]
) -> UUID:
    """Write the new state, its history row, the debts and milestones that follow, and tell it."""
    facts, ctx, id = deal.facts, deal.ctx, new_id()
    settings = deal.process.settings(target)
    arrow = {"trigger": attempt.trigger, "from_state": facts.state, "to_state": target}
    forecast = {"probability": float(settings.probability), "forecast_category": settings.forecast_category}
    closed_on = _closed_on(deal, attempt, target)
    made: dict[str, object] = {"closed_on": closed_on, **attempt.reasons} if closed_on else {}
    gate = [written(verdict) for verdict in found]
    await _remember(deal, id, {**arrow, **made, **forecast, "note": note, "requirements": gate})
    kept = {**NO_CLOSE, **({"closed_from": facts.state, "close_note": note, **made} if made else {})}
    await deal.write(state=target, state_since=ctx.now, probability_is_manual=False, **forecast, **kept)
    if attempt.trigger is Trigger.REOPEN:
        await start_anew(deal)
    if target is OpportunityState.PROGRESSING:
        await lay_out(deal)
    names = {"trigger": attempt.trigger, "from": facts.state, "to": target}
    close = {camel(name): value for name, value in made.items()} or None
    deal.tell("opportunity.transitioned", transitionId=id, **names, note=note, close=close)
    if attempt.terms.override is not None:
        deal.told += await make_debt(ctx, facts, id, attempt.terms.override, found)
    return id


def _closed_on(deal: Deal, attempt: Attempt, target: OpportunityState) -> date | None:
    """The day that was given or today, None where the deal stays open."""
    return attempt.closed_on or deal.facts.today(deal.ctx.now) if target in CLOSED_STATES else None


async def _worth(deal: Deal, closed_on: date | None) -> dict[str, object]:
    """The base value: frozen at the rate of the day the deal was closed, today's while it is open."""
    minor, currency = deal.facts.value_minor, deal.facts.value_currency
    if minor is None or currency is None:
        return {}
    return {"base_minor": await base_worth(deal.ctx, minor, currency, closed_on, "closedOn")}


async def _remember(deal: Deal, id: UUID, arrow: dict[str, Any]) -> None:  # Any: columns of several kinds
    """The history row: the arrow, and what the deal weighed then."""
    facts, now = deal.facts, deal.ctx.now
    await Transition.create(
        id=id,
        organization_id=deal.organization_id,
        opportunity_id=deal.id,
        sequence=len(facts.steps) + 1,
        at=now,
        source=deal.ctx.source,
        process_id=deal.row.process_id,
        seconds_in_previous_state=max(0, int((now - facts.state_since).total_seconds())),
        value_minor=facts.value_minor,
        value_currency=facts.value_currency,
        expected_close_date=facts.expected_close_date,
        **arrow,
        **deal.ctx.actor(),
    )
