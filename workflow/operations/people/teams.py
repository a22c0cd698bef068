"""Teams: a tree, in which each team has a unique name and may have a parent and a manager."""

from collections.abc import Mapping
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
from workflow.queries.people.credentials import with_subteams
from workflow.rules.errors import NotFoundError
from workflow.rules.permissions import Action, require_permission


class TeamChanges(TypedDict, total=False):
    """The fields of a team that a client has set; None clears the parent and the manager."""

    name: str | None
    parent_id: UUID | None
    manager_id: UUID | None


async def create_team(ctx: Ctx, changes: TeamChanges) -> UUID:
    """Create a team. Raise DuplicateError if another team has the name."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="create teams")
        await lock_organization(ctx.viewer.organization_id)
        fields = await _validate(ctx, {**changes, "name": changes.get("name")}, {})
        return await insert_team(ctx, **fields)

    return await perform(ctx, work)


async def update_team(ctx: Ctx, id: UUID, changes: TeamChanges) -> UUID:
    """Change the given fields. Refuse a parent that is the team itself or below it."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="change teams")
        await lock_organization(ctx.viewer.organization_id)
        before = await lock_and_read(Team, ctx.viewer.organization_id, id)
        if before is None:
            raise NotFoundError("Team", id)
        fields = await _validate(ctx, changes, before)
        if differences := diff(before, fields):
            await Team.filter(id=id).update(**fields)
            await _record(ctx, "team.updated", id, differences)
        return id

    return await perform(ctx, work)


async def insert_team(ctx: Ctx, **fields: Any) -> UUID:  # Any: columns of several kinds
    """Insert a team. The caller has validated the columns."""
    id = new_id()
    await Team.create(id=id, organization_id=ctx.viewer.organization_id, created_at=ctx.now, **fields)
    await _record(ctx, "team.created", id, diff({}, fields))
    return id


async def _record(ctx: Ctx, event: str, id: UUID, changes: Mapping[str, object]) -> None:
    await record_event(ctx, event, aggregate="team", id=id, payload={"teamId": id, "changes": changes})


async def _validate(ctx: Ctx, changes: TeamChanges, before: Mapping[str, Any]) -> dict[str, object]:
    """Return the columns for the given fields. Refuse invalid ones."""
    validator = Validator()
    fields = dict(changes)
    if "name" in changes:
        fields["name"] = validator.text(changes["name"], "name", required=True)
    validator.raise_if_any()
    if fields.get("parent_id") is not None:
        await _check_parent(ctx, changes["parent_id"], before.get("id"), validator)
    if fields.get("manager_id") not in (None, before.get("manager_id")):
        await _check_manager(ctx, changes["manager_id"], validator)
    validator.raise_if_any()
    await _refuse_duplicate_name(ctx, fields.get("name"), before.get("id"))
    return fields


async def _check_parent(ctx: Ctx, parent: UUID | None, own_id: UUID | None, validator: Validator) -> None:
    tree = await Team.filter(organization_id=ctx.viewer.organization_id).values("id", "parent_id")
    if all(team["id"] != parent for team in tree):
        raise NotFoundError("Team", parent or "")
    if own_id is not None and parent in with_subteams([own_id], tree):
        validator.add("parentId", message="A team cannot be below itself. Choose a parent outside this team.")


async def _check_manager(ctx: Ctx, manager: UUID | None, validator: Validator) -> None:
    found = await Member.filter(organization_id=ctx.viewer.organization_id, id=manager).values("active")
    if not found:
        raise NotFoundError("Member", manager or "")
    if not found[0]["active"]:
        validator.add("managerId", message="This member is no longer active. Choose an active member.")


async def _refuse_duplicate_name(ctx: Ctx, name: object, own_id: UUID | None) -> None:
    if not name:
        return
    same_name = Team.filter(organization_id=ctx.viewer.organization_id, name=name)
    message = f'A team with the name "{name}" exists already. Use it, or choose another name.'
    await refuse_duplicate(same_name, kind="Team", message=message, own_id=own_id)
