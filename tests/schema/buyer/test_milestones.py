"""Milestones as clients read them: who completed one, and how far the deal has come."""

from typing import Any

import pytest

from schema.core.ids import encode
from tests.support.scenarios.milestones import SAID, a_step, deal_of
from tests.support.serving import Server
from tests.support.team import Crew, new_crew
from workflow.rules.enums import MilestoneStatus

PLANNED, DONE = MilestoneStatus.PLANNED, MilestoneStatus.DONE
MISSED, WAIVED = MilestoneStatus.MISSED, MilestoneStatus.WAIVED
ASKED = """query ($id: ID!) { node(id: $id) { ... on Opportunity {
    milestones { key name status completedAt completedBy { name } evidence }
    progress { percent completed total next { key } }
} } }"""


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """The people; every test takes a deal of its own."""
    return await new_crew()


async def read(server: Server, crew: Crew, status: MilestoneStatus) -> dict[str, Any]:
    """A deal with the process's five milestones, and one of weight 20 by hand in the status, due long ago."""
    id = encode("Opportunity", await deal_of(await a_step(crew, status, weight=20)))
    answer = await server.ask(crew.organization.api_key, ASKED, id=id)
    told: dict[str, Any] = answer["data"]["node"]
    return told


@pytest.mark.parametrize("status", MilestoneStatus)
async def test_only_what_is_done_tells_by_whom_and_when(server: Server, crew: Crew, status: MilestoneStatus) -> None:
    told = (await read(server, crew, status))["milestones"][-1]

    by = {"name": crew.ctx["owner"].viewer.name} if status is DONE else None
    assert (told["key"], told["status"], told["completedBy"]) == (None, status, by)
    assert (told["completedAt"] is not None, told["evidence"]) == (status is DONE, SAID if status is DONE else None)


@pytest.mark.parametrize("status", MilestoneStatus)
async def test_progress_is_told_by_weight(server: Server, crew: Crew, status: MilestoneStatus) -> None:
    told = (await read(server, crew, status))["progress"]

    passed = status in (DONE, WAIVED)
    assert (told["percent"], told["completed"], told["total"]) == (17 if passed else 0, int(passed), 6)
    assert told["next"] == {"key": "problem_agreed" if passed else None}
