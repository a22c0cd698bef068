"""Run a transition: the only code that writes `state`.

A dry run, a refusal and a success share every step.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from workflow.models import Transition
from workflow.operations.buyer.milestone_plan import plan_milestones, reset_milestones
from workflow.operations.change.change import ChangeResult, DealRef, Verb, change, change_many
from workflow.operations.change.locked import LockedOpportunity
from workflow.operations.change.new_rows import (
    VALUE_COLUMNS,
    NewTransition,
    state_forecast,
    transition_columns,
)
from workflow.operations.change.overrides import NewOverride, check_override, create_override
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import Validator
from workflow.operations.pricing.exchange_rates import base_value_with
from workflow.rules.codec import camel
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
from workflow.rules.opportunity.parts import TransitionFacts
from workflow.rules.permissions import Action

CLEARED_CLOSE_COLUMNS: Mapping[str, object] = dict.fromkeys(
    ("closed_on", "closed_from", "win_reason", "loss_reason", "disqualify_reason", "lost_to_id", "close_note")
)
"""The columns of a close, empty."""


async def apply_nothing(deal: LockedOpportunity) -> None:
    """Apply no changes before the gate."""


@dataclass(frozen=True, slots=True)
class TransitionOptions:
    """The options that every transition has."""

    note: str | None = None
    override: NewOverride | None = None
    dry_run: bool = False
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class TransitionRequest:
    """An attempted transition: its checks, the changes before its gate, and the close it would make."""

    trigger: Trigger
    options: TransitionOptions
    target: OpportunityState | None = None
    reasons: Mapping[str, object] = field(default_factory=dict)
    closed_on: date | None = None
    check: Callable[[LockedOpportunity, Validator], None] = lambda deal, faults: None
    apply: Callable[[LockedOpportunity], Awaitable[None]] = apply_nothing


@dataclass(frozen=True, slots=True)
class TransitionOutcome:
    """The outcome of an allowed transition; `transition_id` is None on a dry run."""

    opportunity_id: UUID
    transition_id: UUID | None
    target: OpportunityState
    verdicts: tuple[Verdict, ...]
    dry_run: bool


async def run_transition(ctx: Ctx, id: UUID, request: TransitionRequest) -> TransitionOutcome:
    """Run the transition if its gate allows it.

    Otherwise write nothing and raise TransitionBlocked with all unmet.
    """

    authorize, verb = _steps(request)
    version = request.options.expected_version
    return await change(ctx, id, version, verb, authorize=authorize, lock_accounts=True)


async def transition_many(
    ctx: Ctx, refs: Sequence[DealRef], request: TransitionRequest
) -> list[ChangeResult[TransitionOutcome]]:
    """Run the transition on several deals in the caller's transaction, each if its gate allows it."""
    authorize, verb = _steps(request)
    return await change_many(ctx, refs, verb, authorize=authorize, lock_accounts=True)


def _steps(
    request: TransitionRequest,
) -> tuple[Callable[[LockedOpportunity], None], Verb[TransitionOutcome]]:
    """Return the functions that authorize and run the transition on a locked deal."""

    def authorize(deal: LockedOpportunity) -> None:
        forbidden = forbidden_reason(_transition_rule(deal, request), deal.ctx.viewer, deal.ownership)
        if forbidden is not None:
            raise PermissionDeniedError(forbidden)

    async def verb(deal: LockedOpportunity) -> TransitionOutcome:
        result = await _transition(deal, request)
        if request.options.dry_run:
            deal.discard()
        return result

    return authorize, verb


def _transition_rule(deal: LockedOpportunity, request: TransitionRequest) -> TransitionRule:
    return find_transition(deal.facts, request.trigger, request.target)


async def _transition(deal: LockedOpportunity, request: TransitionRequest) -> TransitionOutcome:
    """Check the inputs, apply the changes that come first, evaluate the gate, and write the transition."""
    rule = _transition_rule(deal, request)
    note = _validate(deal, request, rule)
    await request.apply(deal)
    deal.see_changes()
    target = next_state(deal.facts.state, request.trigger, rule.target)
    deal.write(**await _base_value_column(deal, _closed_on(deal, request, target)))
    gate_verdicts = _evaluate_gate(deal, request, rule)
    id = _write_transition(deal, request, target=target, note=note, gate_verdicts=gate_verdicts)
    return TransitionOutcome(
        opportunity_id=deal.id,
        transition_id=None if request.options.dry_run else id,
        target=target,
        verdicts=gate_verdicts,
        dry_run=request.options.dry_run,
    )


def _validate(deal: LockedOpportunity, request: TransitionRequest, rule: TransitionRule) -> str | None:
    """Return the note; InvalidInput names every fault of the inputs."""
    validator = Validator()
    note = validator.text(
        request.options.note, "note", required="note" in rule.required_inputs, max_length=20_000
    )
    check_override(request.options.override, deal.ctx.now, validator)
    if request.closed_on is not None:
        _check_closed_on(deal, request.closed_on, validator)
    request.check(deal, validator)
    validator.raise_if_any()
    return note


def _check_closed_on(deal: LockedOpportunity, closed_on: date, validator: Validator) -> None:
    """Require a day from the start of the state until today; an admin may go back to the creation."""
    backdates = deal.ctx.viewer.may(Action.BACKDATE_CLOSE)
    earliest = deal.facts.today(deal.row.created_at if backdates else deal.row.state_since)
    if closed_on > deal.facts.today(deal.ctx.now):
        validator.add("closedOn", message="`closedOn` is after today. Give the day the deal was closed.")
    if closed_on < earliest:
        since = "the deal was created" if backdates else f"the deal became {deal.row.state}"
        message = f"`closedOn` is before {earliest}, the day {since}. Give that day or a later one."
        validator.add("closedOn", message=message)


def _evaluate_gate(
    deal: LockedOpportunity, request: TransitionRequest, rule: TransitionRule
) -> tuple[Verdict, ...]:
    """Return the verdicts of the gate, overridden ones marked.

    Raise TransitionBlocked if any is still unmet.
    """
    viewer = deal.ctx.viewer
    verdicts = evaluate_transition(rule, deal.facts, deal.process, deal.ctx.now)
    keys = request.options.override.requirement_keys if request.options.override else ()
    overridden = apply_override(verdicts, keys, viewer, deal.ownership)
    remaining = unmet_verdicts(overridden)
    if not remaining:
        return overridden
    unmet = unmet_verdicts(verdicts)
    can_override = can_override_all(unmet, viewer, deal.ownership)
    blocked_advice = _next_step_advice(deal.row.state, can_override=can_override)
    advice = _override_advice(remaining, keys) if keys else blocked_advice
    raise TransitionBlockedError(
        trigger=request.trigger, opportunity_id=deal.id, unmet=unmet, overridable=can_override, advice=advice
    )


def _next_step_advice(state: OpportunityState, *, can_override: bool) -> str:
    """Return the options other than to meet the requirements."""
    advice = ""
    if state in CLOSED_STATES:
        advice += f" Nothing of this can be changed while it is {state}."
        if any(rule.target is OpportunityState.LEAD for rule in transitions_from(state)):
            advice += " REOPEN to LEAD has no requirements."
    if can_override:
        advice += (
            " You may override them: give `override` with the keys of all unmet requirements and a reason."
        )
    return advice


def _override_advice(remaining: tuple[Verdict, ...], keys: tuple[str, ...]) -> str:
    """Return the reason why the override does not suffice: a missing key, or a missing permission."""
    missing = [verdict.key for verdict in remaining if verdict.key not in keys]
    if missing:
        return f" The override does not name {', '.join(missing)}. An override names every unmet requirement."
    return (
        f" You may not override {', '.join(verdict.key for verdict in remaining)}: a SOFT requirement needs "
        "a manager of the owner's team, a HARD one an admin, and nobody overrides on a deal they work on."
    )


def _write_transition(
    deal: LockedOpportunity,
    request: TransitionRequest,
    *,
    target: OpportunityState,
    note: str | None,
    gate_verdicts: tuple[Verdict, ...],
) -> UUID:
    """Record the new state and its history row, and the milestones, override and event that follow."""
    facts = deal.facts
    settings = deal.process.state_settings(target)
    closed_on = _closed_on(deal, request, target)
    close: dict[str, object] = {"closed_on": closed_on, **request.reasons} if closed_on else {}
    new = _new_transition(deal, request, target=target, note=note, gate_verdicts=gate_verdicts, close=close)
    id = deal.insert(Transition, **transition_columns(deal.ctx, new, settings))
    step = TransitionFacts(request.trigger, facts.state, target, deal.ctx.now, new.seconds_in_previous_state)
    deal.set_part("transitions", (*facts.transitions, step))
    close_columns = {**CLEARED_CLOSE_COLUMNS, **close}
    if close:
        close_columns |= {"closed_from": facts.state, "close_note": note}
    # A probability set by hand is valid only in the state in which it was set.
    forecast = {"probability_is_manual": False, **state_forecast(settings)}
    deal.write(state=target, state_since=deal.ctx.now, **forecast, **close_columns)
    if request.trigger is Trigger.REOPEN:
        reset_milestones(deal)
    if target is OpportunityState.PROGRESSING:
        plan_milestones(deal)
    _emit_transitioned(deal, id, new)
    if request.options.override is not None:
        create_override(deal, id, step, request.options.override, gate_verdicts)
    return id


def _new_transition(
    deal: LockedOpportunity,
    request: TransitionRequest,
    *,
    target: OpportunityState,
    note: str | None,
    gate_verdicts: tuple[Verdict, ...],
    close: Mapping[str, object],
) -> NewTransition:
    facts = deal.facts
    now = deal.ctx.now
    return NewTransition(
        opportunity_id=deal.id,
        process_id=deal.row.process_id,
        # The deal is locked, so that no other transition takes the same number.
        sequence=len(facts.transitions) + 1,
        trigger=request.trigger,
        from_state=facts.state,
        to_state=target,
        at=now,
        seconds_in_previous_state=max(0, int((now - facts.state_since).total_seconds())),
        values={name: getattr(facts, name) for name in VALUE_COLUMNS},
        close=close,
        note=note,
        verdicts=gate_verdicts,
    )


def _emit_transitioned(deal: LockedOpportunity, id: UUID, new: NewTransition) -> None:
    names = {"trigger": new.trigger, "from": new.from_state, "to": new.to_state}
    payload = {camel(name): value for name, value in new.close.items()} or None
    deal.emit("opportunity.transitioned", transitionId=id, **names, note=new.note, close=payload)


def _closed_on(deal: LockedOpportunity, request: TransitionRequest, target: OpportunityState) -> date | None:
    """Return the given day or today if the transition closes the deal, else None."""
    if target not in CLOSED_STATES:
        return None
    return request.closed_on or deal.facts.today(deal.ctx.now)


async def _base_value_column(deal: LockedOpportunity, closed_on: date | None) -> dict[str, object]:
    """Return the base value at the rate of the close, or at today's rate if the deal stays open."""
    minor = deal.facts.value_minor
    currency = deal.facts.value_currency
    if minor is None or currency is None:
        return {}
    # The change has locked the base currency together with the account.
    settings = {"base_currency": deal.facts.base_currency, "time_zone": deal.facts.time_zone}
    return {"base_minor": await base_value_with(deal.ctx, settings, minor, currency, closed_on, "closedOn")}
