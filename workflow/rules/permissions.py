"""Who may what: one table, a row a role, that every operation and query consults."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from workflow.rules.enums import ActorKind, Role, Visibility
from workflow.rules.errors import PermissionDeniedError


class Action(StrEnum):
    """What a viewer may do, as `viewer.permissions` prints it."""

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


_REP_ACTIONS = frozenset({Action.READ, Action.CREATE, Action.WRITE_OWN, Action.LOG_ACTIVITY, Action.CHANGE_ACCOUNTS})
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
"""The roles whose members see every opportunity, whatever their visibility."""


def acting_role(key: Role, member: Role) -> Role:
    """The role in which a member's key acts: the greatest that may do no more than the key's and the member's of now."""
    both = PERMISSIONS[key] & PERMISSIONS[member]
    return max((role for role in Role if PERMISSIONS[role] <= both), key=lambda role: len(PERMISSIONS[role]))


def acting_visibility(acting: Role, member: Role, visibility: Visibility) -> Visibility:
    """What is seen in that role: a member's visibility, unless the member themselves sees all by their role."""
    return Visibility.ALL if {acting, member} <= ROLES_SEEING_ALL else visibility


@dataclass(frozen=True, slots=True)
class ApiKeyUse:
    """The API key that was brought, and the minute in which it is known to have been used before."""

    id: UUID
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: a member, a key that stands for nobody, or the system; `teams` are theirs, those they manage and all below."""

    organization_id: UUID
    role: Role
    member_id: UUID | None
    name: str
    kind: ActorKind
    visibility: Visibility = Visibility.ALL
    teams: frozenset[UUID] = frozenset()
    key: ApiKeyUse | None = None

    def may(self, action: Action) -> bool:
        """Whether the role allows the action somewhere."""
        return action in PERMISSIONS[self.role]

    @property
    def sees_all(self) -> bool:
        """Whether every opportunity of the organization is in sight."""
        return self.visibility is Visibility.ALL


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose a deal is: its owner, the owner's team, and those who work it with them."""

    owner_id: UUID
    owner_team_id: UUID | None
    collaborator_ids: Collection[UUID]

    def is_owned_by(self, viewer: Viewer) -> bool:
        """Collaborators count as owners."""
        return viewer.member_id is not None and (
            viewer.member_id == self.owner_id or viewer.member_id in self.collaborator_ids
        )

    def is_in_teams_of(self, viewer: Viewer) -> bool:
        """The owner belongs to a team that the viewer leads or stands in."""
        return self.owner_team_id is not None and self.owner_team_id in viewer.teams


def may_write(viewer: Viewer, ownership: Ownership) -> bool:
    """One's own deals, a manager the team's, an admin and an integrator all."""
    if viewer.may(Action.WRITE_ALL):
        return True
    if not viewer.may(Action.WRITE_OWN):
        return False
    return ownership.is_owned_by(viewer) or (viewer.may(Action.WRITE_TEAM) and ownership.is_in_teams_of(viewer))


def may_manage(viewer: Viewer, action: Action, ownership: Ownership) -> bool:
    """A manager's word on the team's deals; an admin's and an integrator's on all, where the role has the action."""
    return viewer.may(action) and (
        viewer.may(Action.WRITE_ALL) or ownership.is_in_teams_of(viewer) or ownership.is_owned_by(viewer)
    )


def may_override(viewer: Viewer, action: Action, ownership: Ownership) -> bool:
    """Only a person, and never on a deal they hold."""
    return viewer.member_id is not None and not ownership.is_owned_by(viewer) and may_manage(viewer, action, ownership)


def require_permission(viewer: Viewer, action: Action, *, to: str) -> None:
    """Refuse where the role does not allow the action."""
    if not viewer.may(action):
        *others, last = [role_with_article(role) for role, actions in PERMISSIONS.items() if action in actions]
        who = f"{', '.join(others)} or {last}" if others else last
        raise PermissionDeniedError(f"{role_with_article(viewer.role).capitalize()} may not {to}. Ask {who}.")


def role_with_article(role: Role) -> str:
    """A role with its article."""
    word = role.lower()
    return f"{'an' if word[0] in 'aeio' else 'a'} {word}"


def write_forbidden_reason(viewer: Viewer, ownership: Ownership) -> str | None:
    """The sentence that says who could, or None where the viewer may."""
    if may_write(viewer, ownership):
        return None
    if not viewer.may(Action.WRITE_OWN):
        return f"{role_with_article(viewer.role).capitalize()} reads and does not write. Ask the owner or an admin."
    return "This opportunity is not yours or your team's. Ask its owner, their manager or an admin."
