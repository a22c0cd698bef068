"""The viewer, members and teams as clients read them."""

from typing import Any

import pytest

from schema.core.ids import encode
from tests.support.graphql import execute
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Member

VIEWER = "{ viewer { role member { id } organization { name } permissions } }"
MEMBERS = """query($role: [Role!], $active: Boolean) { members(role: $role, active: $active) {
  totalCount nodes { email } } }"""
TEAMS = "{ teams { name parent { name } manager { email } members { email } } }"


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """A sales team with one inactive stranger."""
    team = await new_sales_team()
    await Member.filter(id=team.member("stranger")).update(active=False)
    return team


async def test_the_viewer_is_the_member_of_the_key(team: SalesTeam) -> None:
    found = (await execute(team.ctx["manager"], VIEWER))["viewer"]

    assert (found["role"], found["member"]) == ("MANAGER", {"id": encode("Member", team.member("manager"))})
    assert found["organization"] == {"name": team.organization.name}
    assert "opportunity:override" in found["permissions"]


async def test_a_key_without_a_member_is_a_viewer_with_a_role_only(team: SalesTeam) -> None:
    found = (await execute(team.ctx["integrator"], VIEWER))["viewer"]

    assert (found["role"], found["member"]) == ("INTEGRATOR", None)
    assert "opportunity:override" not in found["permissions"]


@pytest.mark.parametrize(
    ("arguments", "emails"),
    [
        ({"active": False}, {"stranger@example.com"}),
        ({"role": ["MANAGER"]}, {"manager@example.com", "other.manager@example.com"}),
        ({"role": ["REP"], "active": True}, {"sam@example.com", "helper@example.com"}),
        ({"role": []}, set()),
    ],
)
async def test_members_are_filtered_by_role_and_activity(
    team: SalesTeam, arguments: dict[str, Any], emails: set[str]
) -> None:
    found = (await execute(team.ctx["admin"], MEMBERS, **arguments))["members"]

    assert {node["email"] for node in found["nodes"]} == emails
    assert found["totalCount"] == len(emails)


async def test_teams_are_listed_by_name_with_their_people(team: SalesTeam) -> None:
    north, south = (await execute(team.ctx["admin"], TEAMS))["teams"]

    assert (north["name"], north["parent"], north["manager"]) == (
        "North",
        None,
        {"email": "manager@example.com"},
    )
    assert north["members"] == [{"email": "sam@example.com"}]
    assert (south["name"], south["manager"], south["members"]) == (
        "South",
        {"email": "other.manager@example.com"},
        [],
    )
