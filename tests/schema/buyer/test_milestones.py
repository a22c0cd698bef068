"""Milestones and progress as clients read them."""

from typing import Any

import pytest

from schema.core.ids import encode
from tests.support.scenarios.milestones import EVIDENCE, deal_of, new_milestone
from tests.support.serving import Server
from tests.support.team import SalesTeam, new_sales_team
from workflow.rules.enums import MilestoneStatus

PLANNED = MilestoneStatus.PLANNED
DONE = MilestoneStatus.DONE
MISSED = MilestoneStatus.MISSED
WAIVED = MilestoneStatus.WAIVED
QUERY = """query ($id: ID!) { node(id: $id) { ... on Opportunity {
    milestones { key name status completedAt completedBy { name } evidence }
    progress { percent completed total next { key } }
} } }"""


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """A sales team; every test uses a deal of its own."""
    return await new_sales_team()


async def read(server: Server, team: SalesTeam, status: MilestoneStatus) -> dict[str, Any]:
    """Read a deal with the process's five milestones, and an overdue one of weight 20 in this status."""
    id = encode("Opportunity", await deal_of(await new_milestone(team, status, weight=20)))
    answer = await server.ask(team.organization.api_key, QUERY, id=id)
    node: dict[str, Any] = answer["data"]["node"]
    return node


@pytest.mark.parametrize("status", MilestoneStatus)
async def test_only_done_milestones_have_member_and_time(
    server: Server, team: SalesTeam, status: MilestoneStatus
) -> None:
    milestone = (await read(server, team, status))["milestones"][-1]

    by = {"name": team.ctx["owner"].viewer.name} if status is DONE else None
    assert (milestone["key"], milestone["status"], milestone["completedBy"]) == (None, status, by)
    assert (milestone["completedAt"] is not None, milestone["evidence"]) == (
        status is DONE,
        EVIDENCE if status is DONE else None,
    )


@pytest.mark.parametrize("status", MilestoneStatus)
async def test_progress_is_weighted(server: Server, team: SalesTeam, status: MilestoneStatus) -> None:
    found = (await read(server, team, status))["progress"]

    passed = status in (DONE, WAIVED)
    assert (found["percent"], found["completed"], found["total"]) == (17 if passed else 0, int(passed), 6)
    assert found["next"] == {"key": "problem_agreed" if passed else None}
