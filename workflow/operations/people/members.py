"""People join the organization, change and leave; the last admin stays."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Member, Team
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed, record
from workflow.operations.core.locking import hold_organization, locked
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Faults
from workflow.rules.enums import Role, Visibility
from workflow.rules.errors import Duplicate, NotFound, invalid
from workflow.rules.permissions import Action, require


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


async def create_member(ctx: Ctx, given: NewMember) -> UUID:
    """A new active member; Duplicate where somebody has the e-mail, who may have left."""

    async def work() -> UUID:
        require(ctx.viewer, Action.ADMINISTER, to="make members")
        faults = Faults()
        name = faults.text(given.name, "name", required=True)
        email = faults.email(given.email, "email", required=True)
        faults.raise_if_any()
        await _check_team(ctx, given.team_id)
        await _refuse_duplicate(ctx, email or "")
        return await _join(ctx, {**asdict(given), "name": name, "email": email})

    return await perform(ctx, work)


async def update_member(ctx: Ctx, id: UUID, given: MemberChanges) -> UUID:
    """Change the fields that are given; who is not active any more keeps their deals, and their keys stop at once."""

    async def work() -> UUID:
        require(ctx.viewer, Action.ADMINISTER, to="change members")
        await hold_organization(ctx.viewer.organization_id)
        before = await locked(Member, ctx.viewer.organization_id, id)
        if before is None:
            raise NotFound("Member", id)
        fields = _checked(given)
        await _check_team(ctx, given.get("team_id"))
        await _keep_an_admin(ctx, before, fields)
        if differences := changed(before, fields):
            await Member.filter(id=id).update(**fields)
            await _tell(ctx, "member.updated", id, differences)
        return id

    return await perform(ctx, work)


async def make_member(ctx: Ctx, *, name: str, email: str, role: Role, team_id: UUID | None = None) -> UUID:
    """A new active member who sees everything; the caller has checked that the e-mail is free."""
    return await _join(ctx, asdict(NewMember(name, email.lower(), role, team_id=team_id)))


async def _join(ctx: Ctx, person: dict[str, Any]) -> UUID:  # Any: columns of several kinds
    id, columns = new_id(), {**person, "active": True}
    await Member.create(id=id, organization_id=ctx.viewer.organization_id, created_at=ctx.now, **columns)
    await _tell(ctx, "member.created", id, changed({}, columns))
    return id


async def _tell(ctx: Ctx, event: str, id: UUID, changes: Mapping[str, object]) -> None:
    await record(ctx, event, aggregate="member", id=id, payload={"memberId": id, "changes": changes})


def _checked(given: MemberChanges) -> dict[str, object]:
    faults, fields = Faults(), dict(given)
    for name in ("name", "role", "visibility", "active"):
        if name in fields and fields[name] is None:
            faults.add(name, message=f"`{name}` cannot be null. Leave it out to keep it.")
    if given.get("name") is not None:
        fields["name"] = faults.text(given["name"], "name", required=True)
    faults.raise_if_any()
    return fields


async def _check_team(ctx: Ctx, id: UUID | None) -> None:
    if id is not None and not await Team.filter(organization_id=ctx.viewer.organization_id, id=id).exists():
        raise NotFound("Team", id)


async def _refuse_duplicate(ctx: Ctx, email: str) -> None:
    found = await Member.filter(organization_id=ctx.viewer.organization_id, email=email).values("id", "active")
    if found:
        how = "Use them" if found[0]["active"] else "Make them active again with updateMember"
        message = f"There is a member with the e-mail {email} already. {how}, or give another address."
        raise Duplicate(message, kind="Member", id=found[0]["id"])


async def _keep_an_admin(ctx: Ctx, before: Mapping[str, object], fields: Mapping[str, object]) -> None:
    """Refuse to take the last active admin away; whoever else would do so waits for the organization's row."""
    if not _administers(before) or _administers({**before, **fields}):
        return
    others = Member.filter(organization_id=ctx.viewer.organization_id, role=Role.ADMIN, active=True)
    if not await others.exclude(id=before["id"]).exists():
        path = "active" if fields.get("active") is False else "role"
        message = f"{before['name']} is the last active admin. Make somebody else an admin first."
        raise invalid(path, message=message)


def _administers(person: Mapping[str, object]) -> bool:
    return person["role"] == Role.ADMIN and bool(person["active"])
