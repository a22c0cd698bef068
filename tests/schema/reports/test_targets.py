"""Targets as clients set and read them: by period, member and team."""

from typing import Any

import pytest

from schema.core.ids import encode
from tests.support.graphql import execute
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Team

TARGET = "id from to value { amount currency } member { id } team { id }"
SET = f"""mutation($input: SetTargetInput!) {{ setTarget(input: $input) {{
  __typename ... on TargetSet {{ target {{ {TARGET} }} }} ... on InvalidInput {{ fields {{ path }} }} }} }}"""
REMOVE = (
    "mutation($input: RemoveTargetInput!) "
    "{ removeTarget(input: $input) { __typename ... on Deleted { id } } }"
)
LIST = f"""query($period: Period, $member: [ID!], $team: [ID!]) {{
  targets(period: $period, memberId: $member, teamId: $team) {{ {TARGET} }} }}"""
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
QUARTER = {"from": "2026-01-01", "to": "2026-03-31"}
VALUE = {"amount": "1000.00", "currency": "EUR"}


@pytest.fixture
async def team() -> SalesTeam:
    """A sales team without targets."""
    return await new_sales_team()


async def set_target(team: SalesTeam, **input: Any) -> dict[str, Any]:
    """Set a target as the admin."""
    result: dict[str, Any] = (await execute(team.ctx["admin"], SET, input={"value": VALUE, **input}))[
        "setTarget"
    ]
    return result


async def listed(people: SalesTeam, **arguments: Any) -> list[str]:
    """The ids of the targets that the admin reads."""
    return [target["id"] for target in (await execute(people.ctx["admin"], LIST, **arguments))["targets"]]


async def test_a_target_is_returned_as_it_was_set(team: SalesTeam) -> None:
    member = encode("Member", team.member("owner"))

    target = (await set_target(team, period=MARCH, memberId=member))["target"]

    assert target == {**MARCH, "value": VALUE, "member": {"id": member}, "team": None, "id": target["id"]}


async def test_targets_are_found_by_exactly_their_period_and_owner(team: SalesTeam) -> None:
    member = encode("Member", team.member("owner"))
    own = (await set_target(team, period=MARCH, memberId=member))["target"]["id"]
    all_of_march = (await set_target(team, period=MARCH))["target"]["id"]
    quarter = (await set_target(team, period=QUARTER))["target"]["id"]

    assert set(await listed(team, period=MARCH)) == {own, all_of_march}
    assert await listed(team, period=QUARTER) == [quarter]
    assert await listed(team, member=[member]) == [own]
    assert await listed(team, member=[encode("Team", team.member("owner"))]) == []
    assert await listed(team, team=[]) == []


async def test_a_target_belongs_to_a_member_or_a_team(team: SalesTeam) -> None:
    [team_id] = await Team.filter(organization_id=team.organization.id, name="North").values("id")
    given = {"memberId": encode("Member", team.member("owner")), "teamId": encode("Team", team_id["id"])}

    refused = await set_target(team, period=MARCH, **given)

    assert refused == {"__typename": "InvalidInput", "fields": [{"path": ["teamId"]}]}


async def test_a_removed_target_is_gone(team: SalesTeam) -> None:
    id = (await set_target(team, period=MARCH))["target"]["id"]

    removed = (await execute(team.ctx["admin"], REMOVE, input={"id": id}))["removeTarget"]

    assert (removed, await listed(team)) == ({"__typename": "Deleted", "id": id}, [])
