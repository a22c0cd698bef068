"""A transition that is blocked: its advice, its override, and that nothing is written."""

import pytest

from tests.support.scenarios.overrides import NEXT_STEP, STAKEHOLDER, new_lead
from tests.support.team import SalesTeam, new_sales_team
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import QualifyChanges, qualify, reopen
from workflow.rules.enums import OpportunityState
from workflow.rules.errors import TransitionBlockedError

WON = OpportunityState.WON
LOST = OpportunityState.LOST
PROGRESSING = OpportunityState.PROGRESSING
OVERRIDE_HINT = (
    " You may override them: give `override` with the keys of all unmet requirements and a reason."
)
LEAD_HINT = " REOPEN to LEAD has no requirements."


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """One team for all tests; a refusal changes nothing."""
    return await new_sales_team()


@pytest.mark.parametrize(
    ("who", "state", "ending"),
    [
        ("admin", WON, f"Nothing of this can be changed while it is WON.{OVERRIDE_HINT}"),
        ("admin", LOST, f"Nothing of this can be changed while it is LOST.{LEAD_HINT}{OVERRIDE_HINT}"),
        ("manager", LOST, f"Nothing of this can be changed while it is LOST.{LEAD_HINT}"),
    ],
)
async def test_a_blocked_reopen_names_a_possible_transition(
    team: SalesTeam, who: str, state: OpportunityState, ending: str
) -> None:
    with pytest.raises(TransitionBlockedError) as refusal:
        await reopen(
            team.ctx[who], team.deals[state], PROGRESSING, {}, TransitionOptions(note="They called us again.")
        )

    assert refusal.value.message.endswith(ending)


@pytest.mark.parametrize(("who", "may"), [("manager", True), ("owner", False)])
async def test_a_blocked_transition_explains_overrides_to_those_who_may_give_them(
    team: SalesTeam, who: str, may: bool
) -> None:
    id = await new_lead(team, unmet=(STAKEHOLDER, NEXT_STEP))

    with pytest.raises(TransitionBlockedError) as refusal:
        await qualify(team.ctx[who], id, QualifyChanges(), TransitionOptions())

    assert refusal.value.message.endswith(OVERRIDE_HINT) is may
