"""The state machine: one table of arrows, the Machine built from it, and what a viewer may take now."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from transitions import EventData, Machine

from workflow.rules.enums import (
    CLOSED_STATES,
    OpportunityState,
    RequirementStatus,
    Strength,
    TransitionReadiness,
    Trigger,
)
from workflow.rules.errors import IllegalTransitionError
from workflow.rules.gates.requirements import Verdict, evaluate_gate, evaluate_requirement, unmet_verdicts
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import OverrideFacts
from workflow.rules.permissions import Action, Ownership, Viewer, may_manage, may_override, write_forbidden_reason
from workflow.rules.process.document import ProcessDocument

LEAD, QUALIFIED, PROGRESSING = OpportunityState.LEAD, OpportunityState.QUALIFIED, OpportunityState.PROGRESSING
WON, LOST, DISQUALIFIED = OpportunityState.WON, OpportunityState.LOST, OpportunityState.DISQUALIFIED


@dataclass(frozen=True, slots=True)
class TransitionRule:
    """One way from a state to a state: who may take it and what must be given with it."""

    trigger: Trigger
    source: OpportunityState
    target: OpportunityState
    action: Action = Action.WRITE_OWN
    required_inputs: tuple[str, ...] = ()

    @property
    def gate_trigger(self) -> Trigger | None:
        """Whose gate is judged."""
        return gate_trigger(self.trigger, self.target)


TRANSITIONS: tuple[TransitionRule, ...] = (
    TransitionRule(Trigger.QUALIFY, LEAD, QUALIFIED),
    TransitionRule(Trigger.PROGRESS, QUALIFIED, PROGRESSING),
    TransitionRule(Trigger.WIN, PROGRESSING, WON, required_inputs=("reason",)),
    TransitionRule(Trigger.LOSE, QUALIFIED, LOST, required_inputs=("reason",)),
    TransitionRule(Trigger.LOSE, PROGRESSING, LOST, required_inputs=("reason",)),
    TransitionRule(Trigger.DISQUALIFY, LEAD, DISQUALIFIED, required_inputs=("reason",)),
    TransitionRule(Trigger.DISQUALIFY, QUALIFIED, DISQUALIFIED, required_inputs=("reason",)),
    TransitionRule(Trigger.DISQUALIFY, PROGRESSING, DISQUALIFIED, required_inputs=("reason",)),
    TransitionRule(Trigger.REGRESS, PROGRESSING, QUALIFIED, required_inputs=("note",)),
    TransitionRule(Trigger.REGRESS, QUALIFIED, LEAD, required_inputs=("note",)),
    TransitionRule(Trigger.REOPEN, LOST, LEAD, action=Action.REOPEN, required_inputs=("note",)),
    TransitionRule(Trigger.REOPEN, LOST, QUALIFIED, action=Action.REOPEN, required_inputs=("note",)),
    TransitionRule(Trigger.REOPEN, LOST, PROGRESSING, action=Action.REOPEN, required_inputs=("note",)),
    TransitionRule(Trigger.REOPEN, DISQUALIFIED, LEAD, action=Action.REOPEN, required_inputs=("note",)),
    TransitionRule(Trigger.REOPEN, WON, PROGRESSING, action=Action.REOPEN_WON, required_inputs=("note",)),
)
_ENTRY_TRIGGERS = {QUALIFIED: Trigger.QUALIFY, PROGRESSING: Trigger.PROGRESS}
_OVERRIDE_ACTIONS = {Strength.SOFT: Action.OVERRIDE_SOFT, Strength.HARD: Action.OVERRIDE_HARD}


@dataclass(frozen=True, slots=True)
class TransitionPreview:
    """One arrow as a viewer sees it before taking it: every requirement, and whether it can be taken."""

    trigger: Trigger
    target: OpportunityState
    readiness: TransitionReadiness
    requirements: tuple[Verdict, ...]
    unmet_count: int
    required_inputs: tuple[str, ...]
    forbidden_because: str | None


def gate_trigger(trigger: Trigger, target: OpportunityState) -> Trigger | None:
    """Whose gate an arrow is judged by: REOPEN's is the one that leads into its target, none for LEAD."""
    return _ENTRY_TRIGGERS.get(target) if trigger is Trigger.REOPEN else trigger


def transitions_from(state: OpportunityState) -> tuple[TransitionRule, ...]:
    """Every arrow that leaves the state."""
    return tuple(transition for transition in TRANSITIONS if transition.source is state)


def source_states(trigger: Trigger) -> frozenset[OpportunityState]:
    """The states that the trigger leads out of."""
    return frozenset(transition.source for transition in TRANSITIONS if transition.trigger is trigger)


def find_transition(
    facts: OpportunityFacts, trigger: Trigger, target: OpportunityState | None = None
) -> TransitionRule:
    """The arrow from the deal's state; IllegalTransition where there is none, or where REOPEN does not say whereto."""
    matching = [
        transition
        for transition in transitions_from(facts.state)
        if transition.trigger is trigger and target in (None, transition.target)
    ]
    if len(matching) != 1:
        allowed = [(arrow.trigger, arrow.target) for arrow in transitions_from(facts.state)]
        raise IllegalTransitionError(
            trigger=trigger, state=facts.state, allowed=allowed, opportunity_id=facts.id, target=target
        )
    return matching[0]


def next_state(state: OpportunityState, trigger: Trigger, target: OpportunityState | None = None) -> OpportunityState:
    """The state that the trigger leads to; an error where no one arrow does: ask `arrow_of` first."""
    if target is None and sum(transition.trigger is trigger for transition in transitions_from(state)) > 1:
        raise LookupError(f"{trigger} leads from {state} to more than one state: say to which.")
    token = _Token(state.value, None if target is None else target.value)
    if not MACHINE.events[trigger.value].trigger(token):
        raise LookupError(f"{trigger} does not lead from {state} to {target}.")
    return OpportunityState(token.state)


def evaluate_transition(
    transition: TransitionRule, facts: OpportunityFacts, process: ProcessDocument, now: datetime
) -> tuple[Verdict, ...]:
    """The arrow's gate, all of it, judged on the deal."""
    return () if transition.gate_trigger is None else evaluate_gate(process, transition.gate_trigger, facts, now)


def preview_transitions(
    facts: OpportunityFacts, process: ProcessDocument, *, viewer: Viewer, ownership: Ownership, now: datetime
) -> tuple[TransitionPreview, ...]:
    """Every arrow out of the deal's state as this viewer sees it: a dry run of the gates."""
    transitions = transitions_from(facts.state)
    return tuple(
        _preview(transition, evaluate_transition(transition, facts, process, now), viewer, ownership)
        for transition in transitions
    )


def forbidden_reason(transition: TransitionRule, viewer: Viewer, ownership: Ownership) -> str | None:
    """Why this viewer may not take the arrow, None where they may."""
    if transition.action is Action.WRITE_OWN:
        return write_forbidden_reason(viewer, ownership)
    if may_manage(viewer, transition.action, ownership):
        return None
    who = "an admin" if transition.action is Action.REOPEN_WON else "a manager of the owner's team or an admin"
    return f"Only {who} may reopen this opportunity."


def can_override_all(failing: Iterable[Verdict], viewer: Viewer, ownership: Ownership) -> bool:
    """Whether this viewer may pass all of the unmet requirements with an override."""
    return all(_may_override(verdict, viewer, ownership) for verdict in failing)


def apply_override(
    verdicts: tuple[Verdict, ...], keys: Collection[str], viewer: Viewer, ownership: Ownership
) -> tuple[Verdict, ...]:
    """The verdicts with what an override names, and this viewer may give, passed; what is met stays met."""
    return tuple(
        replace(verdict, status=RequirementStatus.OVERRIDDEN)
        if verdict.status is RequirementStatus.UNMET
        and verdict.key in keys
        and _may_override(verdict, viewer, ownership)
        else verdict
        for verdict in verdicts
    )


def is_override_open(override: OverrideFacts, facts: OpportunityFacts, process: ProcessDocument, now: datetime) -> bool:
    """Whether a requirement that was passed by the override still does not hold; one the process no longer has is settled."""
    trigger = gate_trigger(override.trigger, override.target)
    requirements = process.requirements_for(trigger) if trigger else ()
    keys = override.requirement_keys
    return bool(
        unmet_verdicts(tuple(evaluate_requirement(one, facts, process, now) for one in requirements if one.key in keys))
    )


def mermaid_diagram() -> str:
    """The table as a Mermaid state diagram, for the README."""
    edges = [f"    {transition.source} --> {transition.target}: {transition.trigger}" for transition in TRANSITIONS]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {LEAD}", *edges])


def graph_faults(table: Iterable[TransitionRule]) -> list[str]:
    """What is wrong with a graph: a state that cannot be reached, a closed one left but by REOPEN."""
    transitions = list(table)
    reached = {LEAD}
    for _ in OpportunityState:
        reached |= {arrow.target for arrow in transitions if arrow.source in reached}
    unreachable = [f"{state} cannot be reached." for state in OpportunityState if state not in reached]
    exits = [
        transition
        for transition in transitions
        if transition.source in CLOSED_STATES and transition.trigger is not Trigger.REOPEN
    ]
    return unreachable + [f"{arrow.trigger} leaves {arrow.source}, which is closed." for arrow in exits]


def _preview(
    transition: TransitionRule, verdicts: tuple[Verdict, ...], viewer: Viewer, ownership: Ownership
) -> TransitionPreview:
    forbidden = forbidden_reason(transition, viewer, ownership)
    failing = unmet_verdicts(verdicts)
    return TransitionPreview(
        trigger=transition.trigger,
        target=transition.target,
        readiness=_readiness(forbidden, failing, can_override_all(failing, viewer, ownership)),
        requirements=verdicts,
        unmet_count=len(failing),
        required_inputs=transition.required_inputs,
        forbidden_because=forbidden,
    )


def _may_override(verdict: Verdict, viewer: Viewer, ownership: Ownership) -> bool:
    return may_override(viewer, _OVERRIDE_ACTIONS[verdict.strength], ownership)


def _readiness(forbidden: str | None, failing: tuple[Verdict, ...], may_override: bool) -> TransitionReadiness:
    if forbidden is not None:
        return TransitionReadiness.FORBIDDEN
    if not failing:
        return TransitionReadiness.READY
    return TransitionReadiness.OVERRIDABLE if may_override else TransitionReadiness.BLOCKED


@dataclass(slots=True)
class _Token:
    """What the Machine moves: a state and where it is wanted, made for one move and thrown away."""

    state: str
    target: str | None


def _leads_to_target(event: EventData) -> bool:
    token, transition = event.model, event.transition
    return isinstance(token, _Token) and transition is not None and token.target in (None, transition.dest)


def _build_machine(table: Iterable[TransitionRule]) -> Machine:
    transitions = list(table)
    if faults := graph_faults(transitions):
        raise ValueError(" ".join(faults))
    return Machine(
        model=None,
        states=[state.value for state in OpportunityState],
        initial=LEAD.value,
        auto_transitions=False,
        send_event=True,
        transitions=[
            {
                "trigger": str(transition.trigger),
                "source": str(transition.source),
                "dest": str(transition.target),
                "conditions": _leads_to_target,
            }
            for transition in transitions
        ],
    )


MACHINE = _build_machine(TRANSITIONS)
