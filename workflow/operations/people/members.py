"""People join the organization, change and leave; the last admin stays."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Member, Team
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_and_read, lock_organization
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Validator
from workflow.rules.enums import Role, Visibility
from workflow.rules.errors import DuplicateError, NotFoundError, invalid_field
from workflow.rules.permissions import Action, require_permission


@dataclass(frozen=True, slots=True)
class NewMember:
    """Somebody who joins."""

    name: str
    email: str
    role: Role
    visibility: Visibility = Visibility.ALL
    team_id: UUID | None = None


class MemberChanges(TypedDict, total=False):
    """Fields of a member that a client gave; only the team can be cleared."""

    name: str | None
    role: Role | None
    visibility: Visibility | None
    team_id: UUID | None
    active: bool | None


async def create_member(ctx: Ctx, new: NewMember) -> UUID:
    """A new active member; Duplicate where somebody has the e-mail, who may have left."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="make members")
        validator = Validator()
        name = validator.text(new.name, "name", required=True)
        email = validator.email(new.email, "email", required=True)
        validator.raise_if_any()
        await _check_team(ctx, new.team_id)
        await _refuse_duplicate(ctx, email or "")
        return await _insert(ctx, {**asdict(new), "name": name, "email": email})

    return await perform(ctx, work)


async def update_member(ctx: Ctx, id: UUID, changes: MemberChanges) -> UUID:
    """Change the fields that are given; who is not active any more keeps their deals, and their keys stop at once."""

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
            await Member.filter(id=id).update(**fields)
            await _record(ctx, "member.updated", id, differences)
        return id

    return await perform(ctx, work)


async def insert_member(ctx: Ctx, *, name: str, email: str, role: Role, team_id: UUID | None = None) -> UUID:
    """A new active member who sees everything; the caller has checked that the e-mail is free."""
    return await _insert(ctx, asdict(NewMember(name, email.lower(), role, team_id=team_id)))


async def _insert(ctx: Ctx, member: dict[str, Any]) -> UUID:  # Any: columns of several kinds
    id, columns = new_id(), {**member, "active": True}
    await Member.create(id=id, organization_id=ctx.viewer.organization_id, created_at=ctx.now, **columns)
    await _record(ctx, "member.created", id, diff({}, columns))
    return id


async def _record(ctx: Ctx, event: str, id: UUID, changes: Mapping[str, object]) -> None:
    await record_event(ctx, event, aggregate="member", id=id, payload={"memberId": id, "changes": changes})


def _validate(changes: MemberChanges) -> dict[str, object]:
    validator, fields = Validator(), dict(changes)
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


async def _refuse_duplicate(ctx: Ctx, email: str) -> None:
    found = await Member.filter(organization_id=ctx.viewer.organization_id, email=email).values("id", "active")
    if found:
        how = "Use them" if found[0]["active"] else "Make them active again with updateMember"
        message = f"There is a member with the e-mail {email} already. {how}, or give another address."
        raise DuplicateError(message, kind="Member", id=found[0]["id"])


async def _require_an_admin(ctx: Ctx, before: Mapping[str, object], fields: Mapping[str, object]) -> None:
    """Refuse to take the last active admin away; whoever else would do so waits for the organization's row."""
    if not _is_active_admin(before) or _is_active_admin({**before, **fields}):
        return
    others = Member.filter(organization_id=ctx.viewer.organization_id, role=Role.ADMIN, active=True)
    if not await others.exclude(id=before["id"]).exists():
        path = "active" if fields.get("active") is False else "role"
        message = f"{before['name']} is the last active admin. Make somebody else an admin first."
        raise invalid_field(path, message=message)


def _is_active_admin(member: Mapping[str, object]) -> bool:
    return member["role"] == Role.ADMIN and bool(member["active"])
