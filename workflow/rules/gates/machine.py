"""The state machine: the table of transitions, the Machine built from it, and previews for a viewer."""

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
from workflow.rules.permissions import (
    Action,
    Ownership,
    Viewer,
    may_manage,
    may_override,
    write_forbidden_reason,
)
from workflow.rules.process.document import ProcessDocument

LEAD = OpportunityState.LEAD
QUALIFIED = OpportunityState.QUALIFIED
PROGRESSING = OpportunityState.PROGRESSING
WON = OpportunityState.WON
LOST = OpportunityState.LOST
DISQUALIFIED = OpportunityState.DISQUALIFIED


@dataclass(frozen=True, slots=True)
class TransitionRule:
    """One edge of the graph: the action it needs, and the inputs that must come with it."""

    trigger: Trigger
    source: OpportunityState
    target: OpportunityState
    action: Action = Action.WRITE_OWN
    required_inputs: tuple[str, ...] = ()

    @property
    def gate_trigger(self) -> Trigger | None:
        """Return the trigger whose gate guards this transition."""
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
    """A transition as a viewer sees it in advance: every requirement, and whether they can make it now."""

    trigger: Trigger
    target: OpportunityState
    readiness: TransitionReadiness
    requirements: tuple[Verdict, ...]
    unmet_count: int
    required_inputs: tuple[str, ...]
    forbidden_because: str | None


def gate_trigger(trigger: Trigger, target: OpportunityState) -> Trigger | None:
    """Return the trigger whose gate applies: for REOPEN, the one that leads to its target, if any."""
    return _ENTRY_TRIGGERS.get(target) if trigger is Trigger.REOPEN else trigger


def transitions_from(state: OpportunityState) -> tuple[TransitionRule, ...]:
    """Return every transition out of the state."""
    return tuple(transition for transition in TRANSITIONS if transition.source is state)


def source_states(trigger: Trigger) -> frozenset[OpportunityState]:
    """Return the states from which the trigger is possible."""
    return frozenset(transition.source for transition in TRANSITIONS if transition.trigger is trigger)


def find_transition(
    facts: OpportunityFacts, trigger: Trigger, target: OpportunityState | None = None
) -> TransitionRule:
    """Return the transition from the deal's state; IllegalTransitionError unless there is exactly one."""
    matching = [
        transition
        for transition in transitions_from(facts.state)
        if transition.trigger is trigger and target in (None, transition.target)
    ]
    if len(matching) != 1:
        allowed = [(transition.trigger, transition.target) for transition in transitions_from(facts.state)]
        raise IllegalTransitionError(
            trigger=trigger, state=facts.state, allowed=allowed, opportunity_id=facts.id, target=target
        )
    return matching[0]


def next_state(
    state: OpportunityState, trigger: Trigger, target: OpportunityState | None = None
) -> OpportunityState:
    """Return the state that the trigger leads to; LookupError unless there is exactly one."""
    if target is None and sum(transition.trigger is trigger for transition in transitions_from(state)) > 1:
        raise LookupError(f"{trigger} leads from {state} to more than one state. Name the target.")
    token = _Token(state.value, None if target is None else target.value)
    if not MACHINE.events[trigger.value].trigger(token):
        raise LookupError(f"{trigger} does not lead from {state} to {target}.")
    return OpportunityState(token.state)


def evaluate_transition(
    transition: TransitionRule, facts: OpportunityFacts, process: ProcessDocument, now: datetime
) -> tuple[Verdict, ...]:
    """Evaluate the whole gate of a transition on the deal."""
    return (
        () if transition.gate_trigger is None else evaluate_gate(process, transition.gate_trigger, facts, now)
    )


def preview_transitions(
    facts: OpportunityFacts, process: ProcessDocument, *, viewer: Viewer, ownership: Ownership, now: datetime
) -> tuple[TransitionPreview, ...]:
    """Preview every transition out of the deal's state for a viewer: a dry run of the gates."""
    transitions = transitions_from(facts.state)
    return tuple(
        _preview(transition, evaluate_transition(transition, facts, process, now), viewer, ownership)
        for transition in transitions
    )


def forbidden_reason(transition: TransitionRule, viewer: Viewer, ownership: Ownership) -> str | None:
    """Return why the viewer may not make the transition, None if they may."""
    if transition.action is Action.WRITE_OWN:
        return write_forbidden_reason(viewer, ownership)
    if may_manage(viewer, transition.action, ownership):
        return None
    who = (
        "an admin" if transition.action is Action.REOPEN_WON else "a manager of the owner's team or an admin"
    )
    return f"Only {who} may reopen this opportunity."


def can_override_all(failing: Iterable[Verdict], viewer: Viewer, ownership: Ownership) -> bool:
    """Return True if the viewer may override all of the unmet requirements."""
    return all(_may_override(verdict, viewer, ownership) for verdict in failing)


def apply_override(
    verdicts: tuple[Verdict, ...], keys: Collection[str], viewer: Viewer, ownership: Ownership
) -> tuple[Verdict, ...]:
    """Mark as overridden the unmet requirements that the override names and the viewer may override."""
    return tuple(
        replace(verdict, status=RequirementStatus.OVERRIDDEN)
        if verdict.status is RequirementStatus.UNMET
        and verdict.key in keys
        and _may_override(verdict, viewer, ownership)
        else verdict
        for verdict in verdicts
    )


def is_override_open(
    override: OverrideFacts, facts: OpportunityFacts, process: ProcessDocument, now: datetime
) -> bool:
    """Return True if a requirement of the override is still unmet; one that was removed counts as met."""
    trigger = gate_trigger(override.trigger, override.target)
    requirements = process.requirements_for(trigger) if trigger else ()
    keys = override.requirement_keys
    return bool(
        unmet_verdicts(
            tuple(evaluate_requirement(one, facts, process, now) for one in requirements if one.key in keys)
        )
    )


def mermaid_diagram() -> str:
    """Return the table as a Mermaid state diagram, for the README."""
    edges = [
        f"    {transition.source} --> {transition.target}: {transition.trigger}" for transition in TRANSITIONS
    ]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {LEAD}", *edges])


def graph_faults(table: Iterable[TransitionRule]) -> list[str]:
    """Find faults of a graph: states that cannot be reached, and exits of closed states other than REOPEN."""
    transitions = list(table)
    reached = {LEAD}
    for _ in OpportunityState:
        reached |= {transition.target for transition in transitions if transition.source in reached}
    unreachable = [f"{state} cannot be reached." for state in OpportunityState if state not in reached]
    exits = [
        transition
        for transition in transitions
        if transition.source in CLOSED_STATES and transition.trigger is not Trigger.REOPEN
    ]
    return unreachable + [f"{one.trigger} leaves {one.source}, which is closed." for one in exits]


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


def _readiness(
    forbidden: str | None, failing: tuple[Verdict, ...], may_override: bool
) -> TransitionReadiness:
    if forbidden is not None:
        return TransitionReadiness.FORBIDDEN
    if not failing:
        return TransitionReadiness.READY
    return TransitionReadiness.OVERRIDABLE if may_override else TransitionReadiness.BLOCKED


@dataclass(slots=True)
class _Token:
    """Model of the Machine: a state and the wanted target, created for one transition."""

    state: str
    target: str | None


def _leads_to_target(event: EventData) -> bool:
    token = event.model
    transition = event.transition
    return isinstance(token, _Token) and transition is not None and token.target in (None, transition.dest)


def _build_machine(table: Iterable[TransitionRule]) -> Machine:
    transitions = list(table)
    if faults := graph_faults(transitions):
        raise ValueError(" ".join(faults))
    # Without a model and `auto_transitions`: the shared machine has no state and no shortcuts.
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
                "conditions": _leads_to_target,  # REOPEN leads from one state to several
            }
            for transition in transitions
        ],
    )


MACHINE = _build_machine(TRANSITIONS)
