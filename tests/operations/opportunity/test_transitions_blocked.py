"""What a blocked transition says beyond what is unmet: who may pass it, and what a closed deal leaves open."""

import pytest

from tests.support.scenarios.overrides import PERSON, STEP, lead
from tests.support.team import Crew, new_crew
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import QualifyChanges, qualify, reopen
from workflow.rules.enums import OpportunityState
from workflow.rules.errors import TransitionBlockedError

WON, LOST, PROGRESSING = OpportunityState.WON, OpportunityState.LOST, OpportunityState.PROGRESSING
PASS_IT = " You may pass it with `override`: the keys of all that is unmet, and a reason."
TO_LEAD = " REOPEN to LEAD asks for nothing."


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew, for what is refused leaves it as it is."""
    return await new_crew()


@pytest.mark.parametrize(
    ("who", "state", "ending"),
    [
        ("admin", WON, f"Nothing of this can be changed while it is WON.{PASS_IT}"),
        ("admin", LOST, f"Nothing of this can be changed while it is LOST.{TO_LEAD}{PASS_IT}"),
        ("manager", LOST, f"Nothing of this can be changed while it is LOST.{TO_LEAD}"),
    ],
)
async def test_what_blocks_a_reopen_is_told_with_a_way_that_is_open(
    crew: Crew, who: str, state: OpportunityState, ending: str
) -> None:
    with pytest.raises(TransitionBlockedError) as refusal:
        await reopen(crew.ctx[who], crew.deals[state], PROGRESSING, {}, TransitionOptions(note="They called us again."))

    assert refusal.value.message.endswith(ending)


@pytest.mark.parametrize(("who", "may"), [("manager", True), ("owner", False)])
async def test_who_may_pass_what_blocks_is_told_how(crew: Crew, who: str, may: bool) -> None:
    id = await lead(crew, unmet=(PERSON, STEP))

    with pytest.raises(TransitionBlockedError) as refusal:
        await qualify(crew.ctx[who], id, QualifyChanges(), TransitionOptions())

    assert refusal.value.message.endswith(PASS_IT) is may
