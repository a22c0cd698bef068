"""Reads of the organization, its members and teams."""

import pytest

from tests.support.organizations import NOW, TestOrganization, new_organization
from workflow.models import Member, Organization, Team
from workflow.models.columns import new_id
from workflow.queries.paging import Window
from workflow.queries.people.people import (
    MemberFilter,
    count_members,
    find_organization,
    members,
    members_by_id,
    members_of_teams,
    teams,
)
from workflow.rules.enums import Role
from workflow.rules.errors import InvalidInputError


async def message_of(name_or_id: str) -> str:
    """The message of a refusal."""
    with pytest.raises(InvalidInputError) as refusal:
        await find_organization(name_or_id)
    [field] = refusal.value.fields
    assert field.path == ("organization",)
    return str(field.message)


async def test_an_organization_is_found_by_its_id_or_its_name(organization: TestOrganization) -> None:
    for text in (str(organization.id), organization.name, f"  {organization.name} "):
        assert (await find_organization(text)).id == organization.id


@pytest.mark.parametrize("name", ["Nobody", "", "a\0b", "x" * 300, str(new_id())])
async def test_an_unknown_organization_is_refused_with_the_remedy(name: str) -> None:
    message = await message_of(name)

    assert message == f'There is no organization named "{name.strip()[:80]}". Create it with `pursuit init`.'


async def test_a_name_of_two_organizations_is_refused_with_their_ids(organization: TestOrganization) -> None:
    other = await new_organization()
    await Organization.filter(id=other.id).update(name=organization.name)

    message = await message_of(organization.name)

    assert str(organization.id) in message and str(other.id) in message


async def test_members_are_filtered_by_role_and_activity_in_the_order_they_joined(
    organization: TestOrganization,
) -> None:
    viewer = organization.ctx.viewer
    for email, role in (("b@example.com", Role.REP), ("a@example.com", Role.REP)):
        await organization.ctx_of(role, email)
    await Member.filter(organization_id=organization.id, email="b@example.com").update(active=False)

    async def found(filter: MemberFilter) -> list[str]:
        page = await members(viewer, filter, Window(9))
        assert len(page.rows) == await count_members(viewer, filter)
        return [row.email for row in page.rows]

    assert await found(MemberFilter()) == ["admin@example.com", "b@example.com", "a@example.com"]
    assert await found(MemberFilter(role=(Role.REP,), active=True)) == ["a@example.com"]
    assert await found(MemberFilter(active=False)) == ["b@example.com"]
    assert await found(MemberFilter(role=())) == []


async def test_teams_and_their_members_are_ordered_by_name_and_an_empty_team_has_an_empty_list(
    organization: TestOrganization,
) -> None:
    viewer = organization.ctx.viewer
    north = new_id()
    south = new_id()
    for id, name in ((south, "South"), (north, "North")):
        await Team.create(id=id, organization_id=organization.id, name=name, created_at=NOW)
    for name in ("Zoe", "Ann"):
        await organization.ctx_of(Role.REP, f"{name}@example.com".lower())
        await Member.filter(organization_id=organization.id, email=f"{name}@example.com".lower()).update(
            name=name, team_id=north
        )

    assert [team.name for team in await teams(viewer)] == ["North", "South"]
    found = await members_of_teams(viewer, [south, north])
    assert {id: [row.name for row in rows] for id, rows in found.items()} == {
        north: ["Ann", "Zoe"],
        south: [],
    }


async def test_members_of_another_organization_are_absent(organization: TestOrganization) -> None:
    other = await new_organization()

    found = await members_by_id(organization.ctx.viewer, [organization.admin_id, other.admin_id])

    assert set(found) == {organization.admin_id}
