"""Permissions: a table of the actions of each role, and the checks that operations and queries make."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from workflow.rules.enums import ActorKind, Role, Visibility
from workflow.rules.errors import PermissionDeniedError


class Action(StrEnum):
    """Action that a role may allow; `viewer.permissions` lists them."""

    READ = "opportunity:read"
    CREATE = "opportunity:create"
    WRITE_OWN = "opportunity:write"
    WRITE_TEAM = "opportunity:write-team"
    WRITE_ALL = "opportunity:write-all"
    LOG_ACTIVITY = "activity:log"
    CHANGE_ACCOUNTS = "account:write"
    OVERRIDE_SOFT = "opportunity:override"
    OVERRIDE_HARD = "opportunity:override-hard"
    REOPEN = "opportunity:reopen"
    REOPEN_WON = "opportunity:reopen-won"
    BACKDATE_CLOSE = "opportunity:backdate-close"
    ACCEPT_RISK = "risk:accept"
    WAIVE = "milestone:waive"
    ASSIGN = "opportunity:assign"
    DECIDE_DISQUALIFY = "opportunity:decide-disqualification"
    DELETE = "opportunity:delete"
    ADMINISTER = "organization:administer"
    SET_TARGETS = "target:write"
    IMPORT = "opportunity:import"


_REP_ACTIONS = frozenset(
    {Action.READ, Action.CREATE, Action.WRITE_OWN, Action.LOG_ACTIVITY, Action.CHANGE_ACCOUNTS}
)
_MANAGER_ACTIONS = frozenset(
    {
        Action.OVERRIDE_SOFT,
        Action.REOPEN,
        Action.ACCEPT_RISK,
        Action.WAIVE,
        Action.ASSIGN,
        Action.DECIDE_DISQUALIFY,
        Action.SET_TARGETS,
    }
)

PERMISSIONS: dict[Role, frozenset[Action]] = {
    Role.REP: _REP_ACTIONS,
    Role.MANAGER: _REP_ACTIONS | _MANAGER_ACTIONS | {Action.WRITE_TEAM},
    Role.ADMIN: frozenset(Action),
    Role.INTEGRATOR: _REP_ACTIONS | {Action.WRITE_TEAM, Action.WRITE_ALL, Action.ASSIGN, Action.IMPORT},
    Role.OBSERVER: frozenset({Action.READ}),
}
ROLES_SEEING_ALL = frozenset({Role.INTEGRATOR})
"""Roles that see every opportunity, whatever the member's visibility."""


def acting_role(key: Role, member: Role) -> Role:
    """Return the role of a member's key: the most powerful one within both its own and the member's role."""
    # The member's current role counts: a key must not keep what its member has lost.
    both = PERMISSIONS[key] & PERMISSIONS[member]
    return max((role for role in Role if PERMISSIONS[role] <= both), key=lambda role: len(PERMISSIONS[role]))


def acting_visibility(acting: Role, member: Role, visibility: Visibility) -> Visibility:
    """Return the visibility of a key: the member's own, unless both roles see everything."""
    return Visibility.ALL if {acting, member} <= ROLES_SEEING_ALL else visibility


@dataclass(frozen=True, slots=True)
class ApiKeyUse:
    """API key of a request, the time at which it was last used, to the minute, and its own budget if any."""

    id: UUID
    last_used_at: datetime | None
    points_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Viewer:
    """The one who asks: a member, a key without a member, or the system; `teams` includes all sub-teams."""

    organization_id: UUID
    role: Role
    member_id: UUID | None
    name: str
    kind: ActorKind
    visibility: Visibility = Visibility.ALL
    teams: frozenset[UUID] = frozenset()
    key: ApiKeyUse | None = None

    def may(self, action: Action) -> bool:
        """Return True if the role allows the action on some opportunity."""
        return action in PERMISSIONS[self.role]

    @property
    def sees_all(self) -> bool:
        """Return True if the viewer sees every opportunity of the organization."""
        return self.visibility is Visibility.ALL


@dataclass(frozen=True, slots=True)
class Ownership:
    """Owner of a deal, the owner's team, and the collaborators."""

    owner_id: UUID
    owner_team_id: UUID | None
    collaborator_ids: Collection[UUID]

    def is_owned_by(self, viewer: Viewer) -> bool:
        """Return True if the viewer is the owner or a collaborator."""
        return viewer.member_id is not None and (
            viewer.member_id == self.owner_id or viewer.member_id in self.collaborator_ids
        )

    def is_in_teams_of(self, viewer: Viewer) -> bool:
        """Return True if the owner's team is one of the viewer's teams."""
        return self.owner_team_id is not None and self.owner_team_id in viewer.teams


def may_write(viewer: Viewer, ownership: Ownership) -> bool:
    """Return True if the viewer may change the deal: their own, their team's, or any."""
    if viewer.may(Action.WRITE_ALL):
        return True
    if not viewer.may(Action.WRITE_OWN):
        return False
    return ownership.is_owned_by(viewer) or (
        viewer.may(Action.WRITE_TEAM) and ownership.is_in_teams_of(viewer)
    )


def may_manage(viewer: Viewer, action: Action, ownership: Ownership) -> bool:
    """Return True if the viewer may take a manager's action on the deal, such as to reopen it."""
    return viewer.may(action) and (
        viewer.may(Action.WRITE_ALL) or ownership.is_in_teams_of(viewer) or ownership.is_owned_by(viewer)
    )


def may_override(viewer: Viewer, action: Action, ownership: Ownership) -> bool:
    """Return True if the viewer may take an action that needs a second person, not the owner or a key."""
    return (
        viewer.member_id is not None
        and not ownership.is_owned_by(viewer)
        and may_manage(viewer, action, ownership)
    )


def require_permission(viewer: Viewer, action: Action, *, to: str) -> None:
    """Refuse if the role does not allow the action; `to` completes “you cannot …”."""
    if not viewer.may(action):
        *others, last = [
            role_with_article(role) for role, actions in PERMISSIONS.items() if action in actions
        ]
        who = f"{', '.join(others)} or {last}" if others else last
        raise PermissionDeniedError(f"As {role_with_article(viewer.role)} you cannot {to}. Ask {who}.")


def role_with_article(role: Role) -> str:
    """Return a role with its article: `an admin`."""
    word = role.lower()
    return f"{'an' if word[0] in 'aeio' else 'a'} {word}"


def write_forbidden_reason(viewer: Viewer, ownership: Ownership) -> str | None:
    """Return why the viewer may not change the deal and who may, None if the viewer may."""
    if may_write(viewer, ownership):
        return None
    if not viewer.may(Action.WRITE_OWN):
        role = role_with_article(viewer.role)
        return f"As {role} you can read, but not change anything. Ask the owner or an admin."
    return "This opportunity is not yours or your team's. Ask its owner, their manager or an admin."
