"""Overriding as the rules have it: what is passed, by which gate it is owed, and when it is no longer."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.support.rules.deal_facts import (
    ADA,
    DEFAULT,
    HOLDING,
    NOW,
    OWNER,
    assessed,
    deal,
    person,
    qualified_lead,
    viewer,
)
from workflow.rules.enums import Grade, OpportunityState, RequirementStatus, Role, Trigger
from workflow.rules.gates.machine import apply_override, can_override_all, gate_trigger, is_override_open
from workflow.rules.gates.requirements import evaluate_gate, unmet_verdicts
from workflow.rules.opportunity.facts import NextStep, OpportunityFacts
from workflow.rules.opportunity.parts import OverrideFacts
from workflow.rules.permissions import Viewer

S, T = OpportunityState, Trigger
PAIN, PERSON, STEP = "criterion.pain", "role.stakeholder", "field.next_step"
ASKED = (PAIN, PERSON, STEP)
MISSING = qualified_lead(assessments=(assessed("interest"), assessed("fit")), stakeholders=(), next_step=None)
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
def test_what_is_named_and_may_be_given_is_passed(
    who: Viewer, keys: tuple[str, ...], passed: tuple[str, ...], may_pass_all: bool
) -> None:
    found = evaluate_gate(DEFAULT, T.QUALIFY, MISSING, NOW)

    after = apply_override(found, keys, who, HOLDING)

    assert tuple(verdict.key for verdict in unmet_verdicts(found)) == ASKED
    assert [verdict.status for verdict in after] == [
        RequirementStatus.OVERRIDDEN if verdict.key in passed else verdict.status for verdict in found
    ]
    assert can_override_all(unmet_verdicts(found), who, HOLDING) is may_pass_all


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
def test_an_arrow_is_judged_by_its_own_gate_and_reopen_by_that_into_its_target(
    trigger: Trigger, target: OpportunityState, judged_by: Trigger | None
) -> None:
    assert gate_trigger(trigger, target) is judged_by


def debt(*keys: str, trigger: Trigger = T.QUALIFY, target: OpportunityState = S.QUALIFIED) -> OverrideFacts:
    """An override of these requirements."""
    return OverrideFacts(UUID(int=1), UUID(int=2), trigger, keys, "The board wants it.", ADA, NOW, target)


@pytest.mark.parametrize(
    ("keys", "facts", "is_owed"),
    [
        ((STEP,), MISSING, True),
        ((STEP, PERSON), STEPPED, True),
        ((STEP, PERSON), replace(STEPPED, stakeholders=(person(),)), False),
        ((PAIN,), replace(MISSING, assessments=(assessed("pain", Grade.IDENTIFIED),)), True),
        ((PAIN,), replace(MISSING, assessments=(assessed("pain"),)), False),
        (("criterion.gone",), MISSING, False),
        (("criterion.gone", STEP), MISSING, True),
        (("field.value",), MISSING, False),
    ],
)
def test_a_debt_is_owed_until_each_requirement_that_the_process_still_has_holds(
    keys: tuple[str, ...], facts: OpportunityFacts, is_owed: bool
) -> None:
    assert is_override_open(debt(*keys), facts, DEFAULT, NOW) is is_owed


@pytest.mark.parametrize(("target", "is_owed"), [(S.PROGRESSING, True), (S.QUALIFIED, False), (S.LEAD, False)])
def test_the_debt_of_a_reopen_is_that_of_the_gate_into_its_target(target: OpportunityState, is_owed: bool) -> None:
    made = debt("field.value", trigger=T.REOPEN, target=target)

    worthless, worth = deal(state=target), deal(state=target, value_minor=1, value_currency="EUR")

    assert (is_override_open(made, worthless, DEFAULT, NOW), is_override_open(made, worth, DEFAULT, NOW)) == (
        is_owed,
        False,
    )
