"""Bulk mutations as clients see them: one row for each opportunity, in the order of the request."""

from typing import Any

import pytest

from schema.core.ids import encode
from tests.support.graphql import execute
from tests.support.team import SalesTeam, new_sales_team
from workflow.rules.enums import OpportunityState

ROWS = """... on BulkSummary { succeeded failed dryRun rows { id opportunity { state owner { id } }
  transition { trigger }
  problem { __typename ... on NotFound { id } } } } ... on InvalidInput { fields { path } }"""
TRANSITION = (
    f"mutation($input: BulkTransitionInput!) {{ transitionOpportunities(input: $input) {{ {ROWS} }} }}"
)
ASSIGN = f"mutation($input: AssignOpportunitiesInput!) {{ assignOpportunities(input: $input) {{ {ROWS} }} }}"


@pytest.fixture
async def team() -> SalesTeam:
    """A sales team with a deal in each state."""
    return await new_sales_team()


def refs(team: SalesTeam, *states: OpportunityState) -> list[dict[str, Any]]:
    """The team's deals in these states."""
    return [{"id": encode("Opportunity", team.deals[state])} for state in states]


async def test_each_opportunity_succeeds_or_fails_by_itself(team: SalesTeam) -> None:
    opportunities = [*refs(team, OpportunityState.LEAD, OpportunityState.WON), {"id": "x"}]
    input = {"opportunities": opportunities, "trigger": "DISQUALIFY", "disqualifyReason": "NO_FIT"}

    result = (await execute(team.ctx["owner"], TRANSITION, input=input))["transitionOpportunities"]

    lead, won, unknown = result["rows"]
    assert (result["succeeded"], result["failed"], result["dryRun"]) == (1, 2, False)
    assert [row["id"] for row in result["rows"]] == [ref["id"] for ref in opportunities]
    assert (lead["opportunity"]["state"], lead["transition"]) == ("DISQUALIFIED", {"trigger": "DISQUALIFY"})
    assert (won["opportunity"]["state"], won["problem"]["__typename"]) == ("WON", "IllegalTransition")
    assert (unknown["opportunity"], unknown["problem"]) == (None, {"__typename": "NotFound", "id": "x"})


async def test_a_dry_run_records_no_transition(team: SalesTeam) -> None:
    input = {
        "opportunities": refs(team, OpportunityState.LEAD),
        "trigger": "DISQUALIFY",
        "disqualifyReason": "NO_FIT",
        "dryRun": True,
    }

    result = (await execute(team.ctx["owner"], TRANSITION, input=input))["transitionOpportunities"]

    [row] = result["rows"]
    assert (result["dryRun"], row["problem"], row["transition"]) == (True, None, None)
    assert row["opportunity"]["state"] == "LEAD"


async def test_a_stale_version_fails_its_own_row_only(team: SalesTeam) -> None:
    lead, qualified = refs(team, OpportunityState.LEAD, OpportunityState.QUALIFIED)
    helper = encode("Member", team.member("helper"))
    input = {"opportunities": [{**lead, "expectedVersion": 99}, qualified], "ownerId": helper}

    result = (await execute(team.ctx["admin"], ASSIGN, input=input))["assignOpportunities"]

    stale, assigned = result["rows"]
    assert stale["problem"]["__typename"] == "VersionConflict"
    assert (assigned["problem"], assigned["opportunity"]["owner"]) == (None, {"id": helper})


async def test_an_unknown_owner_is_a_fault_of_the_input(team: SalesTeam) -> None:
    input = {
        "opportunities": refs(team, OpportunityState.LEAD),
        "ownerId": encode("Team", team.member("helper")),
    }

    result = (await execute(team.ctx["admin"], ASSIGN, input=input))["assignOpportunities"]

    assert result == {"fields": [{"path": ["ownerId"]}]}
