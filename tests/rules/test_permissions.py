"""Permissions: each action for each role, and managers of teams above, below and beside."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import pytest

from workflow.rules.enums import ActorKind, Role, Visibility
from workflow.rules.errors import PermissionDeniedError
from workflow.rules.permissions import (
    PERMISSIONS,
    Action,
    Ownership,
    Viewer,
    acting_role,
    acting_visibility,
    may_manage,
    may_override,
    may_write,
    require_permission,
    write_forbidden_reason,
)

A = Action
REP, MANAGER, ADMIN, INTEGRATOR, OBSERVER = Role
TABLE: Mapping[Action, Collection[Role]] = {
    A.READ: (REP, MANAGER, ADMIN, INTEGRATOR, OBSERVER),
    A.CREATE: (REP, MANAGER, ADMIN, INTEGRATOR),
    A.CHANGE_ACCOUNTS: (REP, MANAGER, ADMIN, INTEGRATOR),
    A.LOG_ACTIVITY: (REP, MANAGER, ADMIN, INTEGRATOR),
    A.WRITE_OWN: (REP, MANAGER, ADMIN, INTEGRATOR),
    A.WRITE_TEAM: (MANAGER, ADMIN, INTEGRATOR),
    A.WRITE_ALL: (ADMIN, INTEGRATOR),
    A.OVERRIDE_SOFT: (MANAGER, ADMIN),
    A.REOPEN: (MANAGER, ADMIN),
    A.ACCEPT_RISK: (MANAGER, ADMIN),
    A.WAIVE: (MANAGER, ADMIN),
    A.DECIDE_DISQUALIFY: (MANAGER, ADMIN),
    A.ASSIGN: (MANAGER, ADMIN, INTEGRATOR),
    A.OVERRIDE_HARD: (ADMIN,),
    A.REOPEN_WON: (ADMIN,),
    A.BACKDATE_CLOSE: (ADMIN,),
    A.DELETE: (ADMIN,),
    A.ADMINISTER: (ADMIN,),
    A.SET_TARGETS: (MANAGER, ADMIN),
    A.IMPORT: (ADMIN, INTEGRATOR),
}
COACHING = (A.OVERRIDE_SOFT, A.REOPEN, A.ACCEPT_RISK, A.WAIVE, A.DECIDE_DISQUALIFY, A.ASSIGN)
ABOVE, TEAM, BELOW, BESIDE, ME, OTHER = (UUID(int=number) for number in range(6))
TEAMS_OF_MANAGER: Mapping[str, frozenset[UUID]] = {
    "of the team above": frozenset({ABOVE, TEAM, BELOW, BESIDE}),
    "of the team": frozenset({TEAM, BELOW}),
    "of the team below": frozenset({BELOW}),
    "of the team beside": frozenset({BESIDE}),
    "of no team": frozenset(),
}
"""Teams of a manager: BELOW is under TEAM; TEAM and BESIDE are under ABOVE."""


def viewer(role: Role, teams: Collection[UUID] = (), *, member: UUID | None = ME) -> Viewer:
    """Return a viewer with a role and teams."""
    return Viewer(UUID(int=9), role, member, "Somebody", ActorKind.MEMBER, teams=frozenset(teams))


def ownership(owner: UUID = OTHER, *, team: UUID | None = TEAM, helpers: Collection[UUID] = ()) -> Ownership:
    """Return the ownership of a deal, by default of someone in TEAM."""
    return Ownership(owner_id=owner, owner_team_id=team, collaborator_ids=helpers)


def test_the_permission_table_is_as_documented() -> None:
    assert {action: {role for role in Role if action in PERMISSIONS[role]} for action in Action} == {
        action: set(roles) for action, roles in TABLE.items()
    }


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_a_denial_names_whom_to_ask(action: Action, role: Role) -> None:
    if role in TABLE[action]:
        return require_permission(viewer(role), action, to="do this")

    with pytest.raises(PermissionDeniedError) as refused:
        require_permission(viewer(role), action, to="do this")

    assert " you cannot do this. Ask " in refused.value.message
    return None


@pytest.mark.parametrize("role", Role)
def test_everyone_except_observers_writes_their_own_deals(role: Role) -> None:
    mine = [ownership(ME, team=None), ownership(team=None, helpers=[ME])]

    assert [may_write(viewer(role), deal) for deal in mine] == [role is not OBSERVER] * 2


@pytest.mark.parametrize(
    ("role", "expected"),
    [(REP, False), (MANAGER, True), (ADMIN, True), (INTEGRATOR, True), (OBSERVER, False)],
)
def test_managers_write_the_deals_of_their_teams(role: Role, expected: bool) -> None:
    teams = TEAMS_OF_MANAGER["of the team"]

    assert may_write(viewer(role, teams), ownership()) is expected
    assert (write_forbidden_reason(viewer(role, teams), ownership()) is None) is expected


@pytest.mark.parametrize("manager", TEAMS_OF_MANAGER)
@pytest.mark.parametrize("action", COACHING)
def test_a_manager_leads_their_team_and_all_below(action: Action, manager: str) -> None:
    one = viewer(MANAGER, TEAMS_OF_MANAGER[manager])
    expected = manager in ("of the team above", "of the team")

    assert may_write(one, ownership()) is expected
    assert may_manage(one, action, ownership()) is expected
    assert may_override(one, action, ownership()) is expected
    assert not may_manage(one, action, ownership(team=None))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", COACHING)
def test_a_manager_without_a_team_has_role_permissions_only(action: Action, role: Role) -> None:
    may = {ADMIN, INTEGRATOR} & set(TABLE[action])

    assert may_manage(viewer(role), action, ownership()) is (role in may)


@pytest.mark.parametrize("role", [MANAGER, ADMIN])
@pytest.mark.parametrize("action", [A.OVERRIDE_SOFT, A.ACCEPT_RISK, A.WAIVE])
def test_owners_and_keys_without_a_member_cannot_approve(action: Action, role: Role) -> None:
    teams = TEAMS_OF_MANAGER["of the team"]

    assert may_override(viewer(role, teams), action, ownership())
    assert not may_override(viewer(role, teams), action, ownership(ME))
    assert not may_override(viewer(role, teams), action, ownership(helpers=[ME]))
    assert not may_override(viewer(role, teams, member=None), action, ownership())


LESSER: Any = {
    (MANAGER, INTEGRATOR): REP,
    (INTEGRATOR, MANAGER): REP,
}
"""Roles of which neither includes the other act in a role that both include."""
RISING = (OBSERVER, REP, MANAGER, ADMIN)


@pytest.mark.parametrize("member", Role)
@pytest.mark.parametrize("key", Role)
def test_a_key_acts_in_the_lower_of_two_roles(key: Role, member: Role) -> None:
    found = acting_role(key, member)

    assert PERMISSIONS[found] <= PERMISSIONS[key] & PERMISSIONS[member]
    if (key, member) in LESSER:
        assert found is LESSER[key, member]
    elif INTEGRATOR in (key, member):
        other = member if key is INTEGRATOR else key
        assert found is (INTEGRATOR if other in (ADMIN, INTEGRATOR) else other)
    else:
        assert found is min(key, member, key=RISING.index)


@pytest.mark.parametrize("kept", Visibility)
@pytest.mark.parametrize("member", Role)
@pytest.mark.parametrize("key", Role)
def test_only_an_integrators_own_key_sees_more_than_their_visibility(
    key: Role, member: Role, kept: Visibility
) -> None:
    sees_all = key in (INTEGRATOR, ADMIN) and member is INTEGRATOR

    assert acting_visibility(acting_role(key, member), member, kept) is (Visibility.ALL if sees_all else kept)
