"""Members: created, updated and deactivated by admins; one active admin remains."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.counts import count
from tests.support.organizations import NOW, TestOrganization, context_for_key, new_organization
from tests.support.team import SELLER_EMAIL, event_payloads
from workflow.models import Event, Member, Opportunity
from workflow.operations.accounts.accounts import create_account
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity
from workflow.operations.people.members import MemberChanges, NewMember, create_member, update_member
from workflow.operations.people.teams import create_team
from workflow.queries.people.credentials import authenticate_api_key
from workflow.rules.enums import Role, Visibility
from workflow.rules.errors import (
    DuplicateError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    Refusal,
)

NORA = NewMember("Nora New", "Nora@Example.com", Role.REP, Visibility.OWN)
RACES = count(100)


async def stored_rows(organization: TestOrganization) -> tuple[Any, ...]:
    """Return the rows that an attempt could have written."""
    members = await Member.filter(organization_id=organization.id).order_by("id").values()
    return members, await Event.filter(organization_id=organization.id).count()


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


async def admins(organization: TestOrganization) -> int:
    """Return the number of active admins."""
    return await Member.filter(organization_id=organization.id, role="ADMIN", active=True).count()


async def second_admin(organization: TestOrganization) -> Ctx:
    """Create another admin."""
    return await organization.ctx_of(Role.ADMIN, "second@example.com")


async def test_a_new_member_is_recorded_once(organization: TestOrganization) -> None:
    team = await create_team(organization.ctx, {"name": "North"})

    id = await create_member(organization.ctx, replace(NORA, team_id=team))

    [row] = await Member.filter(id=id).values(
        "name", "email", "role", "visibility", "active", "team_id", "created_at"
    )
    fields = {
        "name": "Nora New",
        "email": "nora@example.com",
        "role": "REP",
        "visibility": "OWN",
        "active": True,
    }
    assert row == {**fields, "team_id": team, "created_at": NOW}
    [payload] = await event_payloads(id, "member.created")
    new = {**fields, "teamId": str(team)}
    assert payload["changes"] == {name: {"old": None, "new": value} for name, value in new.items()}
    assert (payload["memberId"], payload["actor"]["memberId"]) == (str(id), str(organization.admin_id))


async def test_an_email_is_unique_case_insensitively_among_all_members(
    organization: TestOrganization,
) -> None:
    id = await create_member(organization.ctx, NORA)
    for active in (True, False):
        await update_member(organization.ctx, id, {"active": active})

        refusal = await refusal_of(
            organization, create_member(organization.ctx, replace(NORA, email="NORA@example.com "))
        )

        assert isinstance(refusal, DuplicateError)
        assert (refusal.kind, refusal.id) == ("Member", id)
    assert await create_member((await new_organization()).ctx, NORA)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (replace(NORA, name=" "), "name"),
        (replace(NORA, name="x" * 256), "name"),
        (replace(NORA, email="nora"), "email"),
        (replace(NORA, email=" "), "email"),
    ],
)
async def test_a_new_member_needs_a_name_and_an_email(
    organization: TestOrganization, given: NewMember, fault: str
) -> None:
    assert fault_paths(await refusal_of(organization, create_member(organization.ctx, given))) == [fault]


@pytest.mark.parametrize("name", ["name", "role", "visibility", "active"])
async def test_required_fields_cannot_be_cleared(organization: TestOrganization, name: str) -> None:
    given: Any = {name: None}

    assert fault_paths(
        await refusal_of(organization, update_member(organization.ctx, organization.admin_id, given))
    ) == [name]


async def test_only_changed_fields_are_recorded(organization: TestOrganization) -> None:
    id = await create_member(organization.ctx, NORA)
    team = await create_team(organization.ctx, {"name": "North"})
    changes: MemberChanges = {"name": "Nora Old", "role": Role.MANAGER, "team_id": team, "active": True}

    for _ in range(2):
        await update_member(organization.ctx, id, changes)
    await update_member(organization.ctx, id, {"team_id": None})

    first, second = await event_payloads(id, "member.updated")
    assert first["changes"] == {
        "name": {"old": "Nora New", "new": "Nora Old"},
        "role": {"old": "REP", "new": "MANAGER"},
        "teamId": {"old": None, "new": str(team)},
    }
    assert second["changes"] == {"teamId": {"old": str(team), "new": None}}


async def test_teams_and_members_of_other_organizations_are_not_found(organization: TestOrganization) -> None:
    others = await new_organization()
    team = await create_team(others.ctx, {"name": "Theirs"})
    unknown: list[Any] = [
        create_member(organization.ctx, replace(NORA, team_id=team)),
        create_member(organization.ctx, replace(NORA, team_id=uuid4())),
        update_member(organization.ctx, organization.admin_id, {"team_id": team}),
        update_member(organization.ctx, others.admin_id, {"name": "Ours"}),
        update_member(organization.ctx, uuid4(), {"name": "Nobody"}),
    ]

    assert [type(await refusal_of(organization, attempt)) for attempt in unknown] == [NotFoundError] * len(
        unknown
    )
    assert (await Member.filter(id=others.admin_id).values("name")) == [{"name": "Ada Admin"}]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_only_admins_create_and_change_members(organization: TestOrganization, role: Role) -> None:
    ctx = await organization.ctx_of(role, "somebody@example.com")
    own = ctx.viewer.member_id or uuid4()
    attempts: list[Any] = [
        create_member(ctx, NORA),
        update_member(ctx, own, {"role": Role.ADMIN}),
        update_member(ctx, uuid4(), {"name": " "}),
    ]

    assert {type(await refusal_of(organization, attempt)) for attempt in attempts} == {PermissionDeniedError}


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"active": False}, "active"),
        ({"role": Role.MANAGER}, "role"),
        ({"role": Role.REP, "active": False}, "active"),
    ],
)
async def test_the_last_active_admin_cannot_be_removed(
    organization: TestOrganization, given: MemberChanges, fault: str
) -> None:
    left = await second_admin(organization)
    assert left.viewer.member_id
    await update_member(organization.ctx, left.viewer.member_id, {"active": False})
    await organization.key(Role.ADMIN)

    refusal = await refusal_of(organization, update_member(organization.ctx, organization.admin_id, given))

    assert fault_paths(refusal) == [fault]
    assert refusal.message == "Ada Admin is the last active admin. Give another member the role first."


async def test_an_admin_can_be_removed_while_another_remains(organization: TestOrganization) -> None:
    await second_admin(organization)

    await update_member(organization.ctx, organization.admin_id, {"role": Role.REP})

    assert await admins(organization) == 1


async def test_two_admins_who_deactivate_each_other_concurrently_leave_one(
    organization: TestOrganization,
) -> None:
    one = organization.ctx
    two = await second_admin(organization)
    assert two.viewer.member_id
    ids: list[UUID] = [organization.admin_id, two.viewer.member_id]
    for number in range(RACES):
        given: MemberChanges = {"active": False} if number % 2 else {"role": Role.OBSERVER}

        answers = await asyncio.gather(
            update_member(one, ids[1], given), update_member(two, ids[0], given), return_exceptions=True
        )

        assert sorted(isinstance(answer, InvalidInputError) for answer in answers) == [False, True], answers
        assert await admins(organization) == 1
        await Member.filter(id__in=ids).update(active=True, role="ADMIN")


async def test_a_deactivated_member_keeps_deals_but_their_keys_stop_until_reactivation(
    organization: TestOrganization,
) -> None:
    key = await organization.key(Role.REP, SELLER_EMAIL)
    ctx = await context_for_key(key, NOW)
    account = await create_account(ctx, {"name": "Acme"})
    deal = await create_opportunity(ctx, NewOpportunity(account, None, None), {"name": "Pilot"})
    seller = ctx.viewer.member_id
    assert seller

    await update_member(organization.ctx, seller, {"active": False})
    gone = await authenticate_api_key(key, NOW)
    owners = await Opportunity.filter(id=deal).values("owner_id")
    await update_member(organization.ctx, seller, {"active": True})

    assert (gone, owners) == (None, [{"owner_id": seller}])
    assert await authenticate_api_key(key, NOW) == ctx.viewer


async def test_a_demoted_members_keys_are_demoted_at_once(organization: TestOrganization) -> None:
    key = await organization.key(Role.ADMIN, "second@example.com")
    id = (await context_for_key(key, NOW)).viewer.member_id
    assert id
    found = []
    for role in (Role.MANAGER, Role.OBSERVER, Role.INTEGRATOR, Role.ADMIN):
        await update_member(organization.ctx, id, {"role": role})
        found.append((await context_for_key(key, NOW)).viewer.role)

    assert found == [Role.MANAGER, Role.OBSERVER, Role.INTEGRATOR, Role.ADMIN]


async def test_visibility_and_team_apply_from_the_next_request(organization: TestOrganization) -> None:
    key = await organization.key(Role.REP, SELLER_EMAIL)
    id = (await context_for_key(key, NOW)).viewer.member_id
    team = await create_team(organization.ctx, {"name": "North"})
    assert id

    await update_member(organization.ctx, id, {"visibility": Visibility.TEAM, "team_id": team})

    viewer = (await context_for_key(key, NOW)).viewer
    assert (viewer.visibility, viewer.teams) == (Visibility.TEAM, frozenset({team}))
