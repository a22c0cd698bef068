"""The state machine: every transition, every state and trigger without one, and previews."""

from uuid import UUID

import pytest
from transitions import MachineError

from tests.support.rules.deal_facts import DEFAULT, NOW, OWNER, OWNERSHIP, deal, qualified_lead, viewer
from workflow.rules.enums import (
    CLOSED_STATES,
    OpportunityState,
    RequirementStatus,
    Role,
    TransitionReadiness,
    Trigger,
)
from workflow.rules.errors import IllegalTransitionError
from workflow.rules.gates.machine import (
    TRANSITIONS,
    TransitionPreview,
    TransitionRule,
    evaluate_transition,
    find_transition,
    forbidden_reason,
    graph_faults,
    mermaid_diagram,
    next_state,
    preview_transitions,
    transitions_from,
)

S = OpportunityState
T = Trigger
NO_TRANSITION = [
    (s, t)
    for s in S
    for t in T
    if not any(transition.source is s and transition.trigger is t for transition in TRANSITIONS)
]
GRAPH = {
    T.QUALIFY: {(S.LEAD, S.QUALIFIED)},
    T.PROGRESS: {(S.QUALIFIED, S.PROGRESSING)},
    T.WIN: {(S.PROGRESSING, S.WON)},
    T.LOSE: {(S.QUALIFIED, S.LOST), (S.PROGRESSING, S.LOST)},
    T.DISQUALIFY: {(state, S.DISQUALIFIED) for state in (S.LEAD, S.QUALIFIED, S.PROGRESSING)},
    T.REGRESS: {(S.PROGRESSING, S.QUALIFIED), (S.QUALIFIED, S.LEAD)},
    T.REOPEN: {(S.LOST, S.LEAD), (S.LOST, S.QUALIFIED), (S.LOST, S.PROGRESSING), (S.DISQUALIFIED, S.LEAD)}
    | {(S.WON, S.PROGRESSING)},
}


def triggers_of(state: OpportunityState) -> tuple[Trigger, ...]:
    """Return the triggers that are possible from a state, each once."""
    return tuple(dict.fromkeys(transition.trigger for transition in transitions_from(state)))


def test_the_transition_table_is_as_documented() -> None:
    assert {t: {(a.source, a.target) for a in TRANSITIONS if a.trigger is t} for t in T} == GRAPH
    assert len(TRANSITIONS) == sum(len(ways) for ways in GRAPH.values())


@pytest.mark.parametrize(
    "transition",
    TRANSITIONS,
    ids=lambda transition: f"{transition.trigger}-{transition.source}-{transition.target}",
)
def test_each_transition_leads_to_its_target(transition: TransitionRule) -> None:
    assert next_state(transition.source, transition.trigger, transition.target) is transition.target
    assert find_transition(deal(state=transition.source), transition.trigger, transition.target) is transition


@pytest.mark.parametrize(("state", "trigger"), NO_TRANSITION)
def test_an_illegal_trigger_is_refused_with_the_legal_ones(state: OpportunityState, trigger: Trigger) -> None:
    with pytest.raises(MachineError):
        next_state(state, trigger)
    with pytest.raises(IllegalTransitionError) as refusal:
        find_transition(deal(state=state), trigger)

    assert refusal.value.allowed == triggers_of(state)


def test_an_illegal_transition_lists_the_targets_of_the_others() -> None:
    with pytest.raises(IllegalTransitionError) as refusal:
        find_transition(deal(state=S.WON), T.REOPEN, S.LEAD)

    assert refusal.value.message == (
        "REOPEN to LEAD is not possible from WON. Possible from WON: REOPEN to PROGRESSING."
    )


def test_reopening_a_lost_deal_needs_a_target() -> None:
    with pytest.raises(LookupError):
        next_state(S.LOST, T.REOPEN)
    with pytest.raises(IllegalTransitionError):
        find_transition(deal(state=S.LOST), T.REOPEN)
    with pytest.raises(LookupError):
        next_state(S.DISQUALIFIED, T.REOPEN, S.QUALIFIED)


def test_unreachable_and_leaky_graphs_are_detected() -> None:
    island = [transition for transition in TRANSITIONS if transition.target is not S.WON]
    leak = [*TRANSITIONS, TransitionRule(T.PROGRESS, S.WON, S.PROGRESSING)]

    assert graph_faults(TRANSITIONS) == []
    assert graph_faults(island) == ["WON cannot be reached."]
    assert graph_faults(leak) == ["PROGRESS leaves WON, which is closed."]


def test_reopen_is_checked_by_the_gate_into_its_target() -> None:
    gates = {
        transition.target: transition.gate_trigger
        for transition in TRANSITIONS
        if transition.trigger is T.REOPEN
    }

    assert gates == {S.LEAD: None, S.QUALIFIED: T.QUALIFY, S.PROGRESSING: T.PROGRESS}


def test_a_transition_without_a_gate_has_no_requirements() -> None:
    transition = find_transition(deal(), T.DISQUALIFY)

    assert evaluate_transition(transition, deal(), DEFAULT, NOW) == ()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    "transition",
    TRANSITIONS,
    ids=lambda transition: f"{transition.trigger}-{transition.source}-{transition.target}",
)
def test_each_role_may_do_the_documented_transitions(transition: TransitionRule, role: Role) -> None:
    if transition.trigger is not T.REOPEN:
        allowed = {Role.MANAGER, Role.ADMIN, Role.INTEGRATOR}
    else:
        allowed = {Role.ADMIN} if transition.source is S.WON else {Role.MANAGER, Role.ADMIN}

    assert (forbidden_reason(transition, viewer(role), OWNERSHIP) is None) == (role in allowed)


def test_an_owner_may_do_every_transition_except_reopen() -> None:
    owner = viewer(Role.REP, member=OWNER)

    refused = {
        transition.trigger
        for transition in TRANSITIONS
        if forbidden_reason(transition, owner, OWNERSHIP) is not None
    }

    assert refused == {T.REOPEN}


def _qualify(
    facts_role: Role, *, good: bool, member: UUID | None = None, team: UUID | None = None
) -> TransitionPreview:
    facts = qualified_lead() if good else qualified_lead(next_step=None)
    who = viewer(facts_role, member=member, team=team or OWNERSHIP.owner_team_id)
    return next(
        o
        for o in preview_transitions(facts, DEFAULT, viewer=who, ownership=OWNERSHIP, now=NOW)
        if o.trigger is T.QUALIFY
    )


@pytest.mark.parametrize(
    ("role", "good", "member", "readiness"),
    [
        (Role.REP, True, OWNER, TransitionReadiness.READY),
        (Role.REP, False, OWNER, TransitionReadiness.BLOCKED),
        (Role.REP, True, None, TransitionReadiness.FORBIDDEN),
        (Role.OBSERVER, True, None, TransitionReadiness.FORBIDDEN),
        (Role.MANAGER, False, None, TransitionReadiness.OVERRIDABLE),
        (Role.MANAGER, False, OWNER, TransitionReadiness.BLOCKED),
        (Role.INTEGRATOR, False, None, TransitionReadiness.BLOCKED),
    ],
)
def test_readiness_is_what_this_viewer_can_do(
    role: Role, good: bool, member: UUID | None, readiness: TransitionReadiness
) -> None:
    option = _qualify(role, good=good, member=member)

    assert option.readiness is readiness
    assert option.unmet_count == (0 if good else 1)
    assert (option.forbidden_because is not None) == (readiness is TransitionReadiness.FORBIDDEN)


def test_only_admins_override_hard_requirements() -> None:
    facts = qualified_lead(assessments=())

    def readiness(role: Role) -> TransitionReadiness:
        return preview_transitions(facts, DEFAULT, viewer=viewer(role), ownership=OWNERSHIP, now=NOW)[
            0
        ].readiness

    assert readiness(Role.MANAGER) is TransitionReadiness.BLOCKED
    assert readiness(Role.ADMIN) is TransitionReadiness.OVERRIDABLE


def test_a_preview_lists_every_requirement_of_every_transition() -> None:
    options = preview_transitions(deal(), DEFAULT, viewer=viewer(Role.ADMIN), ownership=OWNERSHIP, now=NOW)

    assert [(o.trigger, len(o.requirements), o.required_inputs) for o in options] == [
        (T.QUALIFY, 6, ()),
        (T.DISQUALIFY, 0, ("reason",)),
    ]
    assert [v.key for v in options[0].requirements if v.status is RequirementStatus.UNMET] == [
        "criterion.pain",
        "criterion.interest",
        "criterion.fit",
        "role.stakeholder",
        "field.next_step",
    ]


@pytest.mark.parametrize("state", S)
def test_every_trigger_of_a_state_is_previewed(state: OpportunityState) -> None:
    options = preview_transitions(
        qualified_lead(state=state), DEFAULT, viewer=viewer(Role.ADMIN), ownership=OWNERSHIP, now=NOW
    )

    assert {option.trigger for option in options} == set(triggers_of(state))


def test_only_reopen_leaves_a_closed_state() -> None:
    assert {triggers_of(state) for state in CLOSED_STATES} == {(T.REOPEN,)}


def test_the_diagram_shows_every_transition() -> None:
    lines = mermaid_diagram().splitlines()

    assert lines[:2] == ["stateDiagram-v2", "    [*] --> LEAD"]
    assert lines[2:] == [
        f"    {transition.source} --> {transition.target}: {transition.trigger}" for transition in TRANSITIONS
    ]
