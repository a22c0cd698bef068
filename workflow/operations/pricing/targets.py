"""Targets: the amount that the organization, a team or a member is to win in a period."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from workflow.models import Member, Target, Team
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_and_read, lock_organization, lock_settings
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import MoneyAmount, Validator, minor_units
from workflow.queries.reports.targets import targets_by_id
from workflow.rules.errors import NotFoundError, PermissionDeniedError, invalid_field
from workflow.rules.permissions import Action, Viewer, require_permission

NO_VALUE = {"value_minor": None, "value_currency": None}


@dataclass(frozen=True, slots=True)
class NewTarget:
    """A target to set, in the base currency. Without a member and a team it is that of the organization."""

    member_id: UUID | None
    team_id: UUID | None
    start: date
    end: date
    value: MoneyAmount


async def set_target(ctx: Ctx, new: NewTarget) -> UUID:
    """Set a target, or replace the value of the one for the same period and the same member or team."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.SET_TARGETS, to="set targets")
        await lock_organization(ctx.viewer.organization_id)
        await _authorize(ctx, new.member_id, new.team_id)
        value = await _validate(ctx, new)
        owner: dict[str, Any] = {"member_id": new.member_id, "team_id": new.team_id}
        days: dict[str, Any] = {"from_day": new.start, "to_day": new.end}
        targets = Target.filter(organization_id=ctx.viewer.organization_id, **owner, **days)
        [before] = await targets.values() or [{}]
        id: UUID = before["id"] if before else new_id()
        if before:
            await targets.update(**value)
        else:
            await Target.create(id=id, organization_id=ctx.viewer.organization_id, **owner, **days, **value)
        if changes := diff(before, value):
            await _record(ctx, "target.set", id, {**owner, **days}, changes)
        return id

    return await perform(ctx, work)


async def remove_target(ctx: Ctx, id: UUID) -> UUID:
    """Delete a target."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.SET_TARGETS, to="remove targets")
        row = await lock_and_read(Target, ctx.viewer.organization_id, id)
        if row is None or id not in await targets_by_id(ctx.viewer, [id]):
            raise NotFoundError("Target", id)
        await _authorize(ctx, row["member_id"], row["team_id"])
        await Target.filter(id=id).delete()
        changes = diff({name: row[name] for name in ("value_minor", "value_currency")}, NO_VALUE)
        await _record(ctx, "target.removed", id, row, changes)
        return id

    return await perform(ctx, work)


async def _authorize(ctx: Ctx, member_id: UUID | None, team_id: UUID | None) -> None:
    """Refuse viewers other than admins and, for a team and its members, the team's managers."""
    organization_id = ctx.viewer.organization_id
    teams: list[UUID | None] = [team_id] if team_id else []
    if member_id is not None:
        member = await Member.filter(organization_id=organization_id, id=member_id).values("team_id")
        if not member:
            raise NotFoundError("Member", member_id)
        teams.append(member[0]["team_id"])
    if team_id is not None and not await Team.filter(organization_id=organization_id, id=team_id).exists():
        raise NotFoundError("Team", team_id)
    if not _leads_all(ctx.viewer, teams):
        message = "You can set targets only for your own teams and their members."
        raise PermissionDeniedError(f"{message} Ask a manager of that team, or an admin.")


def _leads_all(viewer: Viewer, teams: list[UUID | None]) -> bool:
    if viewer.may(Action.ADMINISTER):
        return True
    return bool(teams) and all(team in viewer.teams for team in teams)


async def _validate(ctx: Ctx, new: NewTarget) -> dict[str, Any]:
    """Return the columns of the value. Raise InvalidInputError with every fault."""
    validator = Validator()
    if new.member_id is not None and new.team_id is not None:
        message = "A target is for a member or for a team. Set `memberId` or `teamId`, not both."
        validator.add("teamId", message=message)
    if new.end < new.start:
        message = f"`period` ends on {new.end}, before it begins on {new.start}. Set `to` to `from` or later."
        validator.add("period", "to", message=message)
    validator.day(new.start, "period", "from")
    base = (await lock_settings(ctx.viewer.organization_id))["base_currency"]
    if new.value.currency != base:
        message = f"Reports are in the base currency. Enter the target in {base}."
        validator.add("value", "currency", message=message)
    validator.raise_if_any()
    minor = minor_units(new.value, "value")
    if minor == 0:
        raise invalid_field(
            "value", "amount", message="A target must be above 0. To have no target, remove it."
        )
    return {"value_minor": minor, "value_currency": base}


async def _record(ctx: Ctx, event: str, id: UUID, about: dict[str, Any], changes: dict[str, object]) -> None:
    payload = {
        "targetId": id,
        "memberId": about["member_id"],
        "teamId": about["team_id"],
        "from": about["from_day"],
        "to": about["to_day"],
        "changes": changes,
    }
    await record_event(ctx, event, aggregate="target", id=id, payload=payload)
