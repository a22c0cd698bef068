"""Members: created, updated and deactivated. An organization always has an active admin."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Member, Team
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.duplicates import refuse_duplicate
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_and_read, lock_organization
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Validator
from workflow.rules.enums import Role, Visibility
from workflow.rules.errors import NotFoundError, invalid_field
from workflow.rules.permissions import Action, require_permission
from workflow.rules.search_text import fold


@dataclass(frozen=True, slots=True)
class NewMember:
    """A member to create."""

    name: str
    email: str
    role: Role
    visibility: Visibility = Visibility.ALL
    team_id: UUID | None = None


class MemberChanges(TypedDict, total=False):
    """The fields of a member that a client has set; None clears the team."""

    name: str | None
    role: Role | None
    visibility: Visibility | None
    team_id: UUID | None
    active: bool | None


async def create_member(ctx: Ctx, new: NewMember) -> UUID:
    """Create an active member. Raise DuplicateError if a member has the e-mail, even an inactive one."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="create members")
        validator = Validator()
        name = validator.text(new.name, "name", required=True)
        email = validator.email(new.email, "email", required=True)
        validator.raise_if_any()
        await _check_team(ctx, new.team_id)
        await _refuse_duplicate_email(ctx, email or "")
        return await _insert(ctx, {**asdict(new), "name": name, "email": email})

    return await perform(ctx, work)


async def update_member(ctx: Ctx, id: UUID, changes: MemberChanges) -> UUID:
    """Change the given fields. A deactivated member keeps their deals, but their keys stop working."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="change members")
        await lock_organization(ctx.viewer.organization_id)
        before = await lock_and_read(Member, ctx.viewer.organization_id, id)
        if before is None:
            raise NotFoundError("Member", id)
        fields = _validate(changes)
        await _check_team(ctx, changes.get("team_id"))
        await _require_an_admin(ctx, before, fields)
        if differences := diff(before, fields):
            if "name" in fields:
                fields["name_search"] = fold(str(fields["name"]))
            await Member.filter(id=id).update(**fields)
            await _record(ctx, "member.updated", id, differences)
        return id

    return await perform(ctx, work)


async def insert_member(ctx: Ctx, *, name: str, email: str, role: Role, team_id: UUID | None = None) -> UUID:
    """Insert an active member who sees all deals. The caller has checked that no member has the e-mail."""
    return await _insert(ctx, asdict(NewMember(name, email.lower(), role, team_id=team_id)))


async def _insert(ctx: Ctx, member: dict[str, Any]) -> UUID:  # Any: columns of several kinds
    id = new_id()
    columns = {**member, "name_search": fold(member["name"]), "active": True}
    await Member.create(id=id, organization_id=ctx.viewer.organization_id, created_at=ctx.now, **columns)
    await _record(ctx, "member.created", id, diff({}, columns))
    return id


async def _record(ctx: Ctx, event: str, id: UUID, changes: Mapping[str, object]) -> None:
    await record_event(ctx, event, aggregate="member", id=id, payload={"memberId": id, "changes": changes})


def _validate(changes: MemberChanges) -> dict[str, object]:
    validator = Validator()
    fields = dict(changes)
    for name in ("name", "role", "visibility", "active"):
        if name in fields and fields[name] is None:
            validator.add(name, message=f"`{name}` cannot be null. Leave it out to keep it.")
    if changes.get("name") is not None:
        fields["name"] = validator.text(changes["name"], "name", required=True)
    validator.raise_if_any()
    return fields


async def _check_team(ctx: Ctx, id: UUID | None) -> None:
    if id is not None and not await Team.filter(organization_id=ctx.viewer.organization_id, id=id).exists():
        raise NotFoundError("Team", id)


async def _refuse_duplicate_email(ctx: Ctx, email: str) -> None:
    same_email = Member.filter(organization_id=ctx.viewer.organization_id, email=email)
    is_inactive = await same_email.filter(active=False).exists()
    advice = "Activate this member again" if is_inactive else "Use this member"
    message = f"A member with the e-mail {email} exists already. {advice}, or enter another address."
    await refuse_duplicate(same_email, kind="Member", message=message)


async def _require_an_admin(ctx: Ctx, before: Mapping[str, object], fields: Mapping[str, object]) -> None:
    """Refuse to deactivate the last active admin or change their role. The organization is locked."""
    if not _is_active_admin(before) or _is_active_admin({**before, **fields}):
        return
    others = Member.filter(organization_id=ctx.viewer.organization_id, role=Role.ADMIN, active=True)
    if not await others.exclude(id=before["id"]).exists():
        path = "active" if fields.get("active") is False else "role"
        message = f"{before['name']} is the last active admin. Give another member the role first."
        raise invalid_field(path, message=message)


def _is_active_admin(member: Mapping[str, object]) -> bool:
    return member["role"] == Role.ADMIN and bool(member["active"])
