"""Teams stand in a tree: each has a name of its own, a team above it or none, and whom it is led by."""

from collections.abc import Mapping
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Member, Team
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed, record
from workflow.operations.core.locking import hold_organization, locked
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Faults
from workflow.queries.people.credentials import below
from workflow.rules.errors import Duplicate, NotFound
from workflow.rules.permissions import Action, require


class TeamChanges(TypedDict, total=False):
    """Fields of a team that a client gave; None clears the team above and the manager."""

    name: str | None
    parent_id: UUID | None
    manager_id: UUID | None


async def create_team(ctx: Ctx, given: TeamChanges) -> UUID:
    """A new team; Duplicate where another has the name."""

    async def work() -> UUID:
        require(ctx.viewer, Action.ADMINISTER, to="make teams")
        await hold_organization(ctx.viewer.organization_id)
        fields = await _checked(ctx, {**given, "name": given.get("name")}, {})
        return await add_team(ctx, **fields)

    return await perform(ctx, work)


async def update_team(ctx: Ctx, id: UUID, given: TeamChanges) -> UUID:
    """Change the fields that are given; a team cannot come to stand below itself."""

    async def work() -> UUID:
        require(ctx.viewer, Action.ADMINISTER, to="change teams")
        await hold_organization(ctx.viewer.organization_id)
        before = await locked(Team, ctx.viewer.organization_id, id)
        if before is None:
            raise NotFound("Team", id)
        fields = await _checked(ctx, given, before)
        if differences := changed(before, fields):
            await Team.filter(id=id).update(**fields)
            await _tell(ctx, "team.updated", id, differences)
        return id

    return await perform(ctx, work)


async def add_team(ctx: Ctx, **fields: Any) -> UUID:  # Any: columns of several kinds
    """A new team of columns that the caller has checked."""
    id = new_id()
    await Team.create(id=id, organization_id=ctx.viewer.organization_id, created_at=ctx.now, **fields)
    await _tell(ctx, "team.created", id, changed({}, fields))
    return id


async def _tell(ctx: Ctx, event: str, id: UUID, changes: Mapping[str, object]) -> None:
    await record(ctx, event, aggregate="team", id=id, payload={"teamId": id, "changes": changes})


async def _checked(ctx: Ctx, given: TeamChanges, before: Mapping[str, Any]) -> dict[str, object]:
    """The columns, where they can be so: a name that no other team has, a team above, a manager who is active."""
    faults, fields = Faults(), dict(given)
    if "name" in given:
        fields["name"] = faults.text(given["name"], "name", required=True)
    faults.raise_if_any()
    if fields.get("parent_id") is not None:
        await _check_parent(ctx, given["parent_id"], before.get("id"), faults)
    if fields.get("manager_id") not in (None, before.get("manager_id")):
        await _check_manager(ctx, given["manager_id"], faults)
    faults.raise_if_any()
    await _refuse_duplicate(ctx, fields, before.get("id"))
    return fields


async def _check_parent(ctx: Ctx, parent: UUID | None, own: UUID | None, faults: Faults) -> None:
    tree = await Team.filter(organization_id=ctx.viewer.organization_id).values("id", "parent_id")
    if all(team["id"] != parent for team in tree):
        raise NotFound("Team", parent or "")
    if own is not None and parent in below([own], tree):
        faults.add("parentId", message="A team cannot stand below itself. Name a team that is not below it.")


async def _check_manager(ctx: Ctx, manager: UUID | None, faults: Faults) -> None:
    found = await Member.filter(organization_id=ctx.viewer.organization_id, id=manager).values("active")
    if not found:
        raise NotFound("Member", manager or "")
    if not found[0]["active"]:
        faults.add("managerId", message="This member is not active any more. Name an active member.")


async def _refuse_duplicate(ctx: Ctx, fields: Mapping[str, object], own: UUID | None) -> None:
    same = Team.filter(organization_id=ctx.viewer.organization_id, name=fields.get("name"))
    found = await (same.exclude(id=own) if own else same).limit(1).values("id") if fields.get("name") else []
    if found:
        message = f"There is a team called {fields['name']} already. Use it, or give another name."
        raise Duplicate(message, kind="Team", id=found[0]["id"])
