"""Teams: a tree that admins maintain, within one organization."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.counts import count
from tests.support.organizations import NOW, TestOrganization, context_for_key, new_organization
from tests.support.team import event_payloads
from workflow.models import Event, Member, Team
from workflow.operations.people.members import update_member
from workflow.operations.people.teams import TeamChanges, create_team, update_team
from workflow.rules.enums import Role
from workflow.rules.errors import (
    DuplicateError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    Refusal,
)

RACES = count(100)


async def stored_rows(organization: TestOrganization) -> tuple[Any, ...]:
    """Return the rows that an attempt could have written."""
    teams = await Team.filter(organization_id=organization.id).order_by("id").values()
    return teams, await Event.filter(organization_id=organization.id).count()


async def refusal_of(organization: TestOrganization, attempt: Any) -> Refusal:
    """Return the refusal of an attempt, which must write nothing."""
    before = await stored_rows(organization)
    with pytest.raises(Refusal) as refusal:
        await attempt
    assert await stored_rows(organization) == before
    return refusal.value


def fault_paths(refusal: Refusal) -> list[str]:
    """Return the paths of an input's faults."""
    assert isinstance(refusal, InvalidInputError), refusal
    return [".".join(fault.path) for fault in refusal.fields]


async def team_chain(organization: TestOrganization, *names: str) -> list[UUID]:
    """Create teams, each below the one before."""
    made: list[UUID] = []
    for name in names:
        made.append(
            await create_team(organization.ctx, {"name": name, "parent_id": made[-1] if made else None})
        )
    return made


async def test_a_new_team_is_recorded_once(organization: TestOrganization) -> None:
    above = await create_team(organization.ctx, {"name": " Sales "})

    id = await create_team(
        organization.ctx, {"name": "North", "parent_id": above, "manager_id": organization.admin_id}
    )

    [row] = await Team.filter(id=id).values("name", "parent_id", "manager_id", "created_at")
    assert row == {
        "name": "North",
        "parent_id": above,
        "manager_id": organization.admin_id,
        "created_at": NOW,
    }
    assert [payload["changes"] for payload in await event_payloads(above, "team.created")] == [
        {"name": {"old": None, "new": "Sales"}}
    ]
    [payload] = await event_payloads(id, "team.created")
    assert payload["changes"] == {
        "name": {"old": None, "new": "North"},
        "parentId": {"old": None, "new": str(above)},
        "managerId": {"old": None, "new": str(organization.admin_id)},
    }


async def test_only_changed_fields_are_recorded(organization: TestOrganization) -> None:
    above, id = await team_chain(organization, "Sales", "North")
    changes: TeamChanges = {"name": "Far north", "parent_id": None, "manager_id": organization.admin_id}

    for _ in range(2):
        await update_team(organization.ctx, id, changes)

    [payload] = await event_payloads(id, "team.updated")
    assert payload["changes"] == {
        "name": {"old": "North", "new": "Far north"},
        "parentId": {"old": str(above), "new": None},
        "managerId": {"old": None, "new": str(organization.admin_id)},
    }


async def test_a_team_name_is_unique(organization: TestOrganization) -> None:
    sales, north = await team_chain(organization, "Sales", "North")

    for attempt in (
        create_team(organization.ctx, {"name": "North "}),
        update_team(organization.ctx, sales, {"name": "North"}),
    ):
        refusal = await refusal_of(organization, attempt)
        assert isinstance(refusal, DuplicateError)
        assert (refusal.kind, refusal.id) == ("Team", north)

    assert await create_team((await new_organization()).ctx, {"name": "North"})


@pytest.mark.parametrize("name", [None, " ", "x" * 256])
async def test_a_team_needs_a_name(organization: TestOrganization, name: str | None) -> None:
    [id] = await team_chain(organization, "Sales")

    for attempt in (
        create_team(organization.ctx, {"name": name}),
        update_team(organization.ctx, id, {"name": name}),
    ):
        assert fault_paths(await refusal_of(organization, attempt)) == ["name"]


@pytest.mark.parametrize("below", [0, 1, 2])
async def test_a_team_is_never_below_itself(organization: TestOrganization, below: int) -> None:
    teams = await team_chain(organization, "Sales", "North", "Far north")

    refusal = await refusal_of(
        organization, update_team(organization.ctx, teams[0], {"parent_id": teams[below]})
    )

    assert fault_paths(refusal) == ["parentId"]


async def test_a_team_moves_with_all_teams_below_it(organization: TestOrganization) -> None:
    _, north, far = await team_chain(organization, "Sales", "North", "Far north")
    [other] = await team_chain(organization, "Other")

    await update_team(organization.ctx, north, {"parent_id": other})

    tree = dict(await Team.filter(organization_id=organization.id).values_list("id", "parent_id"))
    assert (tree[north], tree[far]) == (other, north)


async def test_of_two_teams_moved_below_each_other_concurrently_one_moves(
    organization: TestOrganization,
) -> None:
    one, two = [(await team_chain(organization, name))[0] for name in ("North", "South")]
    for _ in range(RACES):
        answers = await asyncio.gather(
            update_team(organization.ctx, one, {"parent_id": two}),
            update_team(organization.ctx, two, {"parent_id": one}),
            return_exceptions=True,
        )

        assert sorted(isinstance(answer, InvalidInputError) for answer in answers) == [False, True], answers
        await Team.filter(id__in=[one, two]).update(parent_id=None)


async def test_a_manager_is_an_active_member(organization: TestOrganization) -> None:
    gone = (await organization.ctx_of(Role.MANAGER, "gone@example.com")).viewer.member_id
    assert gone
    [id] = await team_chain(organization, "Sales")
    await update_member(organization.ctx, gone, {"active": False})

    for attempt in (
        create_team(organization.ctx, {"name": "North", "manager_id": gone}),
        update_team(organization.ctx, id, {"manager_id": gone}),
    ):
        assert fault_paths(await refusal_of(organization, attempt)) == ["managerId"]


async def test_a_deactivated_manager_stays_until_replaced(organization: TestOrganization) -> None:
    leader = (await organization.ctx_of(Role.MANAGER, "leader@example.com")).viewer.member_id
    assert leader
    id = await create_team(organization.ctx, {"name": "Sales", "manager_id": leader})
    await update_member(organization.ctx, leader, {"active": False})

    await update_team(organization.ctx, id, {"name": "All sales", "manager_id": leader})

    assert await Team.filter(id=id).values("name", "manager_id") == [
        {"name": "All sales", "manager_id": leader}
    ]


async def test_teams_and_members_of_other_organizations_are_not_found(organization: TestOrganization) -> None:
    others = await new_organization()
    [theirs] = await team_chain(others, "Theirs")
    [ours] = await team_chain(organization, "Ours")
    unknown: list[Any] = [
        create_team(organization.ctx, {"name": "North", "parent_id": theirs}),
        create_team(organization.ctx, {"name": "North", "manager_id": others.admin_id}),
        update_team(organization.ctx, ours, {"parent_id": uuid4()}),
        update_team(organization.ctx, ours, {"manager_id": uuid4()}),
        update_team(organization.ctx, theirs, {"name": "Taken"}),
    ]

    assert [type(await refusal_of(organization, attempt)) for attempt in unknown] == [NotFoundError] * len(
        unknown
    )
    assert await Team.filter(id=theirs).values("name") == [{"name": "Theirs"}]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_only_admins_create_and_change_teams(organization: TestOrganization, role: Role) -> None:
    ctx = await organization.ctx_of(role, "somebody@example.com")
    [id] = await team_chain(organization, "Sales")
    attempts: list[Any] = [
        create_team(ctx, {"name": "North"}),
        update_team(ctx, id, {"manager_id": ctx.viewer.member_id}),
        update_team(ctx, uuid4(), {"name": " "}),
    ]

    assert {type(await refusal_of(organization, attempt)) for attempt in attempts} == {PermissionDeniedError}


async def test_a_managers_teams_are_their_own_the_managed_ones_and_all_below(
    organization: TestOrganization,
) -> None:
    sales, north, far, near = await team_chain(organization, "Sales", "North", "Far north", "Near the pole")
    [south] = await team_chain(organization, "South")
    key = await organization.key(Role.MANAGER, "leader@example.com")
    leader = (await context_for_key(key, NOW)).viewer.member_id
    assert leader
    found = []

    async def look() -> None:
        found.append((await context_for_key(key, NOW)).viewer.teams)

    await look()
    await update_team(organization.ctx, far, {"manager_id": leader})
    await look()
    await update_member(organization.ctx, leader, {"team_id": south})
    await look()
    await update_team(organization.ctx, north, {"manager_id": leader})
    await look()
    await update_team(organization.ctx, south, {"parent_id": sales})
    await update_team(organization.ctx, sales, {"manager_id": leader})
    await look()

    assert found == [
        frozenset(),
        {far, near},
        {far, near, south},
        {north, far, near, south},
        {sales, north, far, near, south},
    ]
    assert await Member.filter(team_id=south).count() == 1
