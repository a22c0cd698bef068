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
from workflow.rules.errors import IllegalTransition
from workflow.rules.gates.requirements import Verdict, evaluate, gate, unmet
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import OverrideFacts
from workflow.rules.permissions import Action, Holding, Viewer, may_coach, may_override, why_not_write
from workflow.rules.process.document import ProcessDocument

LEAD, QUALIFIED, PROGRESSING = OpportunityState.LEAD, OpportunityState.QUALIFIED, OpportunityState.PROGRESSING
WON, LOST, DISQUALIFIED = OpportunityState.WON, OpportunityState.LOST, OpportunityState.DISQUALIFIED


@dataclass(frozen=True, slots=True)
class Arrow:
    """One way from a state to a state: who may take it and what must be given with it."""

    trigger: Trigger
    source: OpportunityState
    target: OpportunityState
    who: Action = Action.WRITE_OWN
    inputs: tuple[str, ...] = ()

    @property
    def gate(self) -> Trigger | None:
        """Whose gate is judged."""
        return gate_of(self.trigger, self.target)


TABLE: tuple[Arrow, ...] = (
    Arrow(Trigger.QUALIFY, LEAD, QUALIFIED),
    Arrow(Trigger.PROGRESS, QUALIFIED, PROGRESSING),
    Arrow(Trigger.WIN, PROGRESSING, WON, inputs=("reason",)),
    Arrow(Trigger.LOSE, QUALIFIED, LOST, inputs=("reason",)),
    Arrow(Trigger.LOSE, PROGRESSING, LOST, inputs=("reason",)),
    Arrow(Trigger.DISQUALIFY, LEAD, DISQUALIFIED, inputs=("reason",)),
    Arrow(Trigger.DISQUALIFY, QUALIFIED, DISQUALIFIED, inputs=("reason",)),
    Arrow(Trigger.DISQUALIFY, PROGRESSING, DISQUALIFIED, inputs=("reason",)),
    Arrow(Trigger.REGRESS, PROGRESSING, QUALIFIED, inputs=("note",)),
    Arrow(Trigger.REGRESS, QUALIFIED, LEAD, inputs=("note",)),
    Arrow(Trigger.REOPEN, LOST, LEAD, who=Action.REOPEN, inputs=("note",)),
    Arrow(Trigger.REOPEN, LOST, QUALIFIED, who=Action.REOPEN, inputs=("note",)),
    Arrow(Trigger.REOPEN, LOST, PROGRESSING, who=Action.REOPEN, inputs=("note",)),
    Arrow(Trigger.REOPEN, DISQUALIFIED, LEAD, who=Action.REOPEN, inputs=("note",)),
    Arrow(Trigger.REOPEN, WON, PROGRESSING, who=Action.REOPEN_WON, inputs=("note",)),
)
_WAY_INTO = {QUALIFIED: Trigger.QUALIFY, PROGRESSING: Trigger.PROGRESS}
_WHO_OVERRIDES = {Strength.SOFT: Action.OVERRIDE_SOFT, Strength.HARD: Action.OVERRIDE_HARD}


@dataclass(frozen=True, slots=True)
class Option:
    """One arrow as a viewer sees it before taking it: every requirement, and whether it can be taken."""

    trigger: Trigger
    target: OpportunityState
    readiness: TransitionReadiness
    requirements: tuple[Verdict, ...]
    unmet_count: int
    required_inputs: tuple[str, ...]
    forbidden_because: str | None


def gate_of(trigger: Trigger, target: OpportunityState) -> Trigger | None:
    """Whose gate an arrow is judged by: REOPEN's is the one that leads into its target, none for LEAD."""
    return _WAY_INTO.get(target) if trigger is Trigger.REOPEN else trigger


def arrows(state: OpportunityState) -> tuple[Arrow, ...]:
    """Every arrow that leaves the state."""
    return tuple(arrow for arrow in TABLE if arrow.source is state)


def states_left_by(trigger: Trigger) -> frozenset[OpportunityState]:
    """The states that the trigger leads out of."""
    return frozenset(arrow.source for arrow in TABLE if arrow.trigger is trigger)


def arrow_of(facts: OpportunityFacts, trigger: Trigger, target: OpportunityState | None = None) -> Arrow:
    """The arrow from the deal's state; IllegalTransition where there is none, or where REOPEN does not say whereto."""
    found = [arrow for arrow in arrows(facts.state) if arrow.trigger is trigger and target in (None, arrow.target)]
    if len(found) != 1:
        allowed = [(arrow.trigger, arrow.target) for arrow in arrows(facts.state)]
        raise IllegalTransition(
            trigger=trigger, state=facts.state, allowed=allowed, opportunity_id=facts.id, target=target
        )
    return found[0]


def advance(state: OpportunityState, trigger: Trigger, target: OpportunityState | None = None) -> OpportunityState:
    """The state that the trigger leads to; an error where no one arrow does: ask `arrow_of` first."""
    if target is None and sum(arrow.trigger is trigger for arrow in arrows(state)) > 1:
        raise LookupError(f"{trigger} leads from {state} to more than one state: say to which.")
    token = _Token(state.value, None if target is None else target.value)
    if not MACHINE.events[trigger.value].trigger(token):
        raise LookupError(f"{trigger} does not lead from {state} to {target}.")
    return OpportunityState(token.state)


def verdicts(arrow: Arrow, facts: OpportunityFacts, process: ProcessDocument, now: datetime) -> tuple[Verdict, ...]:
    """The arrow's gate, all of it, judged on the deal."""
    return () if arrow.gate is None else gate(process, arrow.gate, facts, now)


def preview(
    facts: OpportunityFacts, process: ProcessDocument, *, viewer: Viewer, holding: Holding, now: datetime
) -> tuple[Option, ...]:
    """Every arrow out of the deal's state as this viewer sees it: a dry run of the gates."""
    ways = arrows(facts.state)
    return tuple(_option(arrow, verdicts(arrow, facts, process, now), viewer, holding) for arrow in ways)


def why_not_take(arrow: Arrow, viewer: Viewer, holding: Holding) -> str | None:
    """Why this viewer may not take the arrow, None where they may."""
    if arrow.who is Action.WRITE_OWN:
        return why_not_write(viewer, holding)
    if may_coach(viewer, arrow.who, holding):
        return None
    who = "an admin" if arrow.who is Action.REOPEN_WON else "a manager of the owner's team or an admin"
    return f"Only {who} may reopen this opportunity."


def overridable(failing: Iterable[Verdict], viewer: Viewer, holding: Holding) -> bool:
    """Whether this viewer may pass all of the unmet requirements with an override."""
    return all(_may_pass(verdict, viewer, holding) for verdict in failing)


def overridden(
    found: tuple[Verdict, ...], keys: Collection[str], viewer: Viewer, holding: Holding
) -> tuple[Verdict, ...]:
    """The verdicts with what an override names, and this viewer may give, passed; what is met stays met."""
    return tuple(
        replace(verdict, status=RequirementStatus.OVERRIDDEN)
        if verdict.status is RequirementStatus.UNMET and verdict.key in keys and _may_pass(verdict, viewer, holding)
        else verdict
        for verdict in found
    )


def owed(override: OverrideFacts, facts: OpportunityFacts, process: ProcessDocument, now: datetime) -> bool:
    """Whether a requirement that was passed by the override still does not hold; one the process no longer has is settled."""
    way = gate_of(override.trigger, override.target)
    asked = process.gate(way) if way else ()
    keys = override.requirement_keys
    return bool(unmet(tuple(evaluate(one, facts, process, now) for one in asked if one.key in keys)))


def diagram() -> str:
    """The table as a Mermaid state diagram, for the README."""
    ways = [f"    {arrow.source} --> {arrow.target}: {arrow.trigger}" for arrow in TABLE]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {LEAD}", *ways])


def faults_of(table: Iterable[Arrow]) -> list[str]:
    """What is wrong with a graph: a state that cannot be reached, a closed one left but by REOPEN."""
    ways = list(table)
    reached = {LEAD}
    for _ in OpportunityState:
        reached |= {arrow.target for arrow in ways if arrow.source in reached}
    lost = [f"{state} cannot be reached." for state in OpportunityState if state not in reached]
    leaks = [arrow for arrow in ways if arrow.source in CLOSED_STATES and arrow.trigger is not Trigger.REOPEN]
    return lost + [f"{arrow.trigger} leaves {arrow.source}, which is closed." for arrow in leaks]


def _option(arrow: Arrow, found: tuple[Verdict, ...], viewer: Viewer, holding: Holding) -> Option:
    forbidden = why_not_take(arrow, viewer, holding)
    failing = unmet(found)
    return Option(
        trigger=arrow.trigger,
        target=arrow.target,
        readiness=_readiness(forbidden, failing, overridable(failing, viewer, holding)),
        requirements=found,
        unmet_count=len(failing),
        required_inputs=arrow.inputs,
        forbidden_because=forbidden,
    )


def _may_pass(verdict: Verdict, viewer: Viewer, holding: Holding) -> bool:
    return may_override(viewer, _WHO_OVERRIDES[verdict.strength], holding)


def _readiness(forbidden: str | None, failing: tuple[Verdict, ...], may_pass: bool) -> TransitionReadiness:
    if forbidden is not None:
        return TransitionReadiness.FORBIDDEN
    if not failing:
        return TransitionReadiness.READY
    return TransitionReadiness.OVERRIDABLE if may_pass else TransitionReadiness.BLOCKED


@dataclass(slots=True)
class _Token:
    """What the Machine moves: a state and where it is wanted, made for one move and thrown away."""

    state: str
    target: str | None


def _is_wanted(event: EventData) -> bool:
    token, way = event.model, event.transition
    return isinstance(token, _Token) and way is not None and token.target in (None, way.dest)


def _built(table: Iterable[Arrow]) -> Machine:
    ways = list(table)
    if faults := faults_of(ways):
        raise ValueError(" ".join(faults))
    return Machine(
        model=None,
        states=[state.value for state in OpportunityState],
        initial=LEAD.value,
        auto_transitions=False,
        send_event=True,
        transitions=[
            {"trigger": str(way.trigger), "source": str(way.source), "dest": str(way.target), "conditions": _is_wanted}
            for way in ways
        ],
    )


MACHINE = _built(TABLE)
