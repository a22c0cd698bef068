"""The close of an opportunity: on the deal while it is closed, and always on its transition."""

import pytest

from schema.core.ids import encode
from tests.support.graphql import execute
from tests.support.team import SalesTeam, new_sales_team
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import disqualify, regress, reopen
from workflow.rules.enums import DisqualifyReason, OpportunityState

QUERY = """query($id: ID!) { opportunity(id: $id) { close { ...C } history { nodes { trigger close { ...C } }
  } } }
  fragment C on Close { outcome fromState disqualifyReason winReason lossReason note competitor { id } }"""
NOTE = TransitionOptions(note="They stopped the project.")
CLOSE = {
    "outcome": "DISQUALIFIED",
    "fromState": "LEAD",
    "disqualifyReason": "NO_FIT",
    "winReason": None,
    "lossReason": None,
    "note": "They stopped the project.",
    "competitor": None,
}


@pytest.fixture
async def team() -> SalesTeam:
    """A team whose qualified deal went back to LEAD."""
    team = await new_sales_team()
    await regress(team.ctx["owner"], team.deals[OpportunityState.QUALIFIED], NOTE)
    return team


async def test_an_open_deal_and_a_transition_between_open_states_have_no_close(team: SalesTeam) -> None:
    id = encode("Opportunity", team.deals[OpportunityState.QUALIFIED])

    deal = (await execute(team.ctx["owner"], QUERY, id=id))["opportunity"]

    assert (deal["close"], deal["history"]["nodes"][0]) == (None, {"trigger": "REGRESS", "close": None})


async def test_a_closed_deal_shows_the_close_of_its_transition(team: SalesTeam) -> None:
    deal_id = team.deals[OpportunityState.QUALIFIED]
    await disqualify(team.ctx["owner"], deal_id, DisqualifyReason.NO_FIT, NOTE)

    deal = (await execute(team.ctx["owner"], QUERY, id=encode("Opportunity", deal_id)))["opportunity"]

    assert (deal["close"], deal["history"]["nodes"][0]) == (CLOSE, {"trigger": "DISQUALIFY", "close": CLOSE})


async def test_a_reopened_deal_has_no_close_and_its_history_keeps_it(team: SalesTeam) -> None:
    deal_id = team.deals[OpportunityState.QUALIFIED]
    await disqualify(team.ctx["owner"], deal_id, DisqualifyReason.NO_FIT, NOTE)
    await reopen(
        team.ctx["manager"], deal_id, OpportunityState.LEAD, {}, TransitionOptions(note="They called again.")
    )

    deal = (await execute(team.ctx["owner"], QUERY, id=encode("Opportunity", deal_id)))["opportunity"]

    assert deal["close"] is None
    assert [(one["trigger"], one["close"]) for one in deal["history"]["nodes"][:2]] == [
        ("REOPEN", None),
        ("DISQUALIFY", CLOSE),
    ]
