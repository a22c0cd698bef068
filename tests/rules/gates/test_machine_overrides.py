"""Overrides: which requirements they pass, which gate they belong to, and when they are settled."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.support.rules.deal_facts import (
    ADA,
    DEFAULT,
    NOW,
    OWNER,
    OWNERSHIP,
    assessment,
    deal,
    qualified_lead,
    stakeholder,
    viewer,
)
from workflow.rules.enums import Grade, OpportunityState, RequirementStatus, Role, Trigger
from workflow.rules.gates.machine import apply_override, can_override_all, gate_trigger, is_override_open
from workflow.rules.gates.requirements import evaluate_gate, unmet_verdicts
from workflow.rules.opportunity.facts import NextStep, OpportunityFacts
from workflow.rules.opportunity.parts import OverrideFacts
from workflow.rules.permissions import Viewer

S = OpportunityState
T = Trigger
PAIN = "criterion.pain"
PERSON = "role.stakeholder"
STEP = "field.next_step"
ASKED = (PAIN, PERSON, STEP)
MISSING = qualified_lead(
    assessments=(assessment("interest"), assessment("fit")), stakeholders=(), next_step=None
)
STEPPED = replace(MISSING, next_step=NextStep("Meet the COO", NOW.date()))
NOBODY = replace(viewer(Role.ADMIN), member_id=None)


@pytest.mark.parametrize(
    ("who", "keys", "passed", "may_pass_all"),
    [
        (viewer(Role.ADMIN), ASKED, ASKED, True),
        (viewer(Role.ADMIN), (STEP,), (STEP,), True),
        (viewer(Role.ADMIN), (), (), True),
        (viewer(Role.ADMIN), ("fit", "no.such"), (), True),
        (viewer(Role.ADMIN, team=None), ASKED, ASKED, True),
        (viewer(Role.ADMIN, member=OWNER), ASKED, (), False),
        (NOBODY, ASKED, (), False),
        (viewer(Role.MANAGER), ASKED, (PERSON, STEP), False),
        (viewer(Role.MANAGER, team=None), ASKED, (), False),
        (viewer(Role.INTEGRATOR), ASKED, (), False),
        (viewer(Role.OBSERVER), ASKED, (), False),
        (viewer(Role.REP, member=OWNER), ASKED, (), False),
    ],
)
def test_named_and_permitted_requirements_are_overridden(
    who: Viewer, keys: tuple[str, ...], passed: tuple[str, ...], may_pass_all: bool
) -> None:
    found = evaluate_gate(DEFAULT, T.QUALIFY, MISSING, NOW)

    after = apply_override(found, keys, who, OWNERSHIP)

    assert tuple(verdict.key for verdict in unmet_verdicts(found)) == ASKED
    assert [verdict.status for verdict in after] == [
        RequirementStatus.OVERRIDDEN if verdict.key in passed else verdict.status for verdict in found
    ]
    assert can_override_all(unmet_verdicts(found), who, OWNERSHIP) is may_pass_all


@pytest.mark.parametrize(
    ("trigger", "target", "judged_by"),
    [
        (T.QUALIFY, S.QUALIFIED, T.QUALIFY),
        (T.PROGRESS, S.PROGRESSING, T.PROGRESS),
        (T.WIN, S.WON, T.WIN),
        (T.LOSE, S.LOST, T.LOSE),
        (T.DISQUALIFY, S.DISQUALIFIED, T.DISQUALIFY),
        (T.REGRESS, S.QUALIFIED, T.REGRESS),
        (T.REOPEN, S.LEAD, None),
        (T.REOPEN, S.QUALIFIED, T.QUALIFY),
        (T.REOPEN, S.PROGRESSING, T.PROGRESS),
    ],
)
def test_a_transition_uses_its_own_gate_and_reopen_that_of_its_target(
    trigger: Trigger, target: OpportunityState, judged_by: Trigger | None
) -> None:
    assert gate_trigger(trigger, target) is judged_by


def open_override(
    *keys: str, trigger: Trigger = T.QUALIFY, target: OpportunityState = S.QUALIFIED
) -> OverrideFacts:
    """Return an override of these requirements."""
    return OverrideFacts(UUID(int=1), UUID(int=2), trigger, keys, "The board wants it.", ADA, NOW, target)


@pytest.mark.parametrize(
    ("keys", "facts", "is_owed"),
    [
        ((STEP,), MISSING, True),
        ((STEP, PERSON), STEPPED, True),
        ((STEP, PERSON), replace(STEPPED, stakeholders=(stakeholder(),)), False),
        ((PAIN,), replace(MISSING, assessments=(assessment("pain", Grade.IDENTIFIED),)), True),
        ((PAIN,), replace(MISSING, assessments=(assessment("pain"),)), False),
        (("criterion.gone",), MISSING, False),
        (("criterion.gone", STEP), MISSING, True),
        (("field.value",), MISSING, False),
    ],
)
def test_an_override_is_open_until_every_remaining_requirement_is_met(
    keys: tuple[str, ...], facts: OpportunityFacts, is_owed: bool
) -> None:
    assert is_override_open(open_override(*keys), facts, DEFAULT, NOW) is is_owed


@pytest.mark.parametrize(
    ("target", "is_owed"), [(S.PROGRESSING, True), (S.QUALIFIED, False), (S.LEAD, False)]
)
def test_the_override_of_a_reopen_belongs_to_the_gate_into_its_target(
    target: OpportunityState, is_owed: bool
) -> None:
    made = open_override("field.value", trigger=T.REOPEN, target=target)

    worthless = deal(state=target)
    worth = deal(state=target, value_minor=1, value_currency="EUR")

    assert (is_override_open(made, worthless, DEFAULT, NOW), is_override_open(made, worth, DEFAULT, NOW)) == (
        is_owed,
        False,
    )
