"""Moving a deal: the only writer of `state`; a dry run, a refusal and a success are the same code."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from workflow.models import Account, Transition
from workflow.models.columns import new_id
from workflow.operations.buyer.milestone_plan import plan_milestones, reset_milestones
from workflow.operations.change.change import DryRunRollback, LockedOpportunity, change
from workflow.operations.change.overrides import NewOverride, check_override, create_override
from workflow.operations.core.context import Ctx
from workflow.operations.core.locking import lock_row
from workflow.operations.core.validation import Validator
from workflow.operations.pricing.exchange_rates import base_value
from workflow.rules.codec import camel, encode
from workflow.rules.enums import CLOSED_STATES, OpportunityState, Trigger
from workflow.rules.errors import PermissionDeniedError, TransitionBlockedError
from workflow.rules.gates.machine import (
    TransitionRule,
    apply_override,
    can_override_all,
    evaluate_transition,
    find_transition,
    forbidden_reason,
    next_state,
    transitions_from,
)
from workflow.rules.gates.requirements import Verdict, unmet_verdicts
from workflow.rules.permissions import Action

CLEARED_CLOSE_COLUMNS: Mapping[str, object] = dict.fromkeys(
    ("closed_on", "closed_from", "win_reason", "loss_reason", "disqualify_reason", "lost_to_id", "close_note")
)


async def apply_nothing(deal: LockedOpportunity) -> None:
    """Applies nothing first."""


@dataclass(frozen=True, slots=True)
class TransitionOptions:
    """What every attempt may say: in whose words, passing what, and whether it is only tried."""

    note: str | None = None
    override: NewOverride | None = None
    dry_run: bool = False
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class TransitionRequest:
    """One try to take an arrow: the faults of its inputs, what it applies first, and the close it would make."""

    trigger: Trigger
    options: TransitionOptions
    target: OpportunityState | None = None
    reasons: Mapping[str, object] = field(default_factory=dict)
    closed_on: date | None = None
    check: Callable[[LockedOpportunity, Validator], None] = lambda deal, faults: None
    apply: Callable[[LockedOpportunity], Awaitable[None]] = apply_nothing


@dataclass(frozen=True, slots=True)
class TransitionOutcome:
    """What came of it; `transition_id` is None on a dry run."""

    opportunity_id: UUID
    transition_id: UUID | None
    target: OpportunityState
    verdicts: tuple[Verdict, ...]
    dry_run: bool


async def run_transition(ctx: Ctx, id: UUID, request: TransitionRequest) -> TransitionOutcome:
    """Take the arrow if every requirement of its gate holds; else nothing is written and all that is unmet is told."""

    def authorize(deal: LockedOpportunity) -> None:
        forbidden = forbidden_reason(_transition_rule(deal, request), ctx.viewer, deal.ownership)
        if forbidden is not None:
            raise PermissionDeniedError(forbidden)

    async def verb(deal: LockedOpportunity) -> TransitionOutcome:
        result = await _transition(deal, request)
        if request.options.dry_run:
            raise DryRunRollback(result)
        return result

    try:
        return await change(ctx, id, request.options.expected_version, verb, authorize=authorize)
    except DryRunRollback as done:
        if not isinstance(done.result, TransitionOutcome):
            raise
        return done.result


def _transition_rule(deal: LockedOpportunity, request: TransitionRequest) -> TransitionRule:
    return find_transition(deal.facts, request.trigger, request.target)


async def _transition(deal: LockedOpportunity, request: TransitionRequest) -> TransitionOutcome:
    """Inputs, what is applied first and its worth, then the gate on the locked deal and its locked account, then the writing."""
    rule, options = _transition_rule(deal, request), request.options
    note = _validate(deal, request, rule)
    await lock_row(Account, deal.organization_id, deal.facts.account.id)
    await request.apply(deal)
    await deal.reload()
    target = next_state(deal.facts.state, request.trigger, rule.target)
    await deal.write(**await _base_value_column(deal, _closed_on(deal, request, target)))
    gate_verdicts = _evaluate_gate(deal, request, rule)
    id = await _write_transition(deal, request, target=target, note=note, gate_verdicts=gate_verdicts)
    return TransitionOutcome(
        opportunity_id=deal.id,
        transition_id=None if options.dry_run else id,
        target=target,
        verdicts=gate_verdicts,
        dry_run=options.dry_run,
    )


def _validate(deal: LockedOpportunity, request: TransitionRequest, rule: TransitionRule) -> str | None:
    """The note, where every input can be taken."""
    validator = Validator()
    note = validator.text(request.options.note, "note", required="note" in rule.required_inputs, max_length=20_000)
    check_override(request.options.override, deal.ctx.now, validator)
    if request.closed_on is not None:
        _check_closed_on(deal, request.closed_on, validator)
    request.check(deal, validator)
    validator.raise_if_any()
    return note


def _check_closed_on(deal: LockedOpportunity, closed_on: date, validator: Validator) -> None:
    """Not after today, and not before the present state was entered; an admin may go back to the deal's first day."""
    backdates = deal.ctx.viewer.may(Action.BACKDATE_CLOSE)
    earliest = deal.facts.today(deal.row.created_at if backdates else deal.row.state_since)
    if closed_on > deal.facts.today(deal.ctx.now):
        validator.add("closedOn", message="`closedOn` is after today. Give the day the deal was closed.")
    if closed_on < earliest:
        since = "the deal was made" if backdates else f"the deal became {deal.row.state}"
        validator.add(
            "closedOn", message=f"`closedOn` is before {earliest}, the day {since}. Give that day or a later one."
        )


def _evaluate_gate(deal: LockedOpportunity, request: TransitionRequest, rule: TransitionRule) -> tuple[Verdict, ...]:
    """The gate as it was found and passed; TransitionBlocked where something unmet was not, or could not be, overridden."""
    found, viewer = evaluate_transition(rule, deal.facts, deal.process, deal.ctx.now), deal.ctx.viewer
    keys = request.options.override.requirement_keys if request.options.override else ()
    passed = apply_override(found, keys, viewer, deal.ownership)
    if remaining := unmet_verdicts(passed):
        missing = unmet_verdicts(found)
        can_override = can_override_all(missing, viewer, deal.ownership)
        raise TransitionBlockedError(
            trigger=request.trigger,
            opportunity_id=deal.id,
            unmet=missing,
            overridable=can_override,
            advice=_override_advice(remaining, keys)
            if keys
            else _next_step_advice(deal.row.state, can_override=can_override),
        )
    return passed


def _next_step_advice(state: OpportunityState, *, can_override: bool) -> str:
    """What else can be done than to meet what is unmet; of a closed deal nothing can be met before it is open."""
    closed = f" Nothing of this can be changed while it is {state}." if state in CLOSED_STATES else ""
    to_lead = any(rule.target is OpportunityState.LEAD for rule in transitions_from(state)) if closed else False
    freely = " REOPEN to LEAD asks for nothing." if to_lead else ""
    passing = " You may pass it with `override`: the keys of all that is unmet, and a reason." if can_override else ""
    return f"{closed}{freely}{passing}"


def _override_advice(left: tuple[Verdict, ...], keys: tuple[str, ...]) -> str:
    """What an override that was given did not pass: it left something out, or it was not this viewer's to give."""
    forgotten = [verdict.key for verdict in left if verdict.key not in keys]
    if forgotten:
        return f" The override does not name {', '.join(forgotten)}: it passes all that is unmet, or nothing."
    return (
        f" The override of {', '.join(verdict.key for verdict in left)} is not yours to give: SOFT needs a manager of the "
        "owner's team, HARD an admin, and never who works the deal."
    )


async def _write_transition(
    deal: LockedOpportunity,
    request: TransitionRequest,
    *,
    target: OpportunityState,
    note: str | None,
    gate_verdicts: tuple[Verdict, ...],
) -> UUID:
    """Write the new state, its history row, the debts and milestones that follow, and tell it."""
    facts, ctx, id = deal.facts, deal.ctx, new_id()
    settings = deal.process.state_settings(target)
    edge = {"trigger": request.trigger, "from_state": facts.state, "to_state": target}
    forecast = {"probability": float(settings.probability), "forecast_category": settings.forecast_category}
    closed_on = _closed_on(deal, request, target)
    closing: dict[str, object] = {"closed_on": closed_on, **request.reasons} if closed_on else {}
    gate = [encode(verdict) for verdict in gate_verdicts]
    await _insert_history_row(deal, id, {**edge, **closing, **forecast, "note": note, "requirements": gate})
    close_columns = {
        **CLEARED_CLOSE_COLUMNS,
        **({"closed_from": facts.state, "close_note": note, **closing} if closing else {}),
    }
    await deal.write(state=target, state_since=ctx.now, probability_is_manual=False, **forecast, **close_columns)
    if request.trigger is Trigger.REOPEN:
        await reset_milestones(deal)
    if target is OpportunityState.PROGRESSING:
        await plan_milestones(deal)
    names = {"trigger": request.trigger, "from": facts.state, "to": target}
    close = {camel(name): value for name, value in closing.items()} or None
    deal.emit("opportunity.transitioned", transitionId=id, **names, note=note, close=close)
    if request.options.override is not None:
        deal.events += await create_override(ctx, facts, id, request.options.override, gate_verdicts)
    return id


def _closed_on(deal: LockedOpportunity, request: TransitionRequest, target: OpportunityState) -> date | None:
    """The day that was given or today, None where the deal stays open."""
    return request.closed_on or deal.facts.today(deal.ctx.now) if target in CLOSED_STATES else None


async def _base_value_column(deal: LockedOpportunity, closed_on: date | None) -> dict[str, object]:
    """The base value: frozen at the rate of the day the deal was closed, today's while it is open."""
    minor, currency = deal.facts.value_minor, deal.facts.value_currency
    if minor is None or currency is None:
        return {}
    return {"base_minor": await base_value(deal.ctx, minor, currency, closed_on, "closedOn")}


async def _insert_history_row(
    deal: LockedOpportunity, id: UUID, columns: dict[str, Any]
) -> None:  # Any: columns of several kinds
    """The history row: the arrow, and what the deal weighed then."""
    facts, now = deal.facts, deal.ctx.now
    await Transition.create(
        id=id,
        organization_id=deal.organization_id,
        opportunity_id=deal.id,
        sequence=len(facts.transitions) + 1,
        at=now,
        source=deal.ctx.source,
        process_id=deal.row.process_id,
        seconds_in_previous_state=max(0, int((now - facts.state_since).total_seconds())),
        value_minor=facts.value_minor,
        value_currency=facts.value_currency,
        expected_close_date=facts.expected_close_date,
        **columns,
        **deal.ctx.actor(),
    )
