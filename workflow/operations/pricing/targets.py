"""Targets: what the organization, a team or a member is to win in a period; one for each period and whose it is."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from workflow.models import Member, Target, Team
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed, record
from workflow.operations.core.locking import hold_organization, home_of, locked
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Faults, MoneyGiven, minor_units
from workflow.queries.reports.targets import targets_by_id
from workflow.rules.errors import NotFound, PermissionDenied, invalid
from workflow.rules.permissions import Action, Viewer, require

NOTHING = {"value_minor": None, "value_currency": None}


@dataclass(frozen=True, slots=True)
class NewTarget:
    """A target: a member's, a team's, or the organization's where neither is named; in base currency, from a day to a day."""

    member_id: UUID | None
    team_id: UUID | None
    start: date
    end: date
    value: MoneyGiven


async def set_target(ctx: Ctx, given: NewTarget) -> UUID:
    """Set the target of exactly this period; the same period and whose again replaces its value."""

    async def work() -> UUID:
        require(ctx.viewer, Action.SET_TARGETS, to="set targets")
        await hold_organization(ctx.viewer.organization_id)
        await _may_set(ctx, given.member_id, given.team_id)
        worth = await _checked(ctx, given)
        whose: dict[str, Any] = {"member_id": given.member_id, "team_id": given.team_id}
        days: dict[str, Any] = {"from_day": given.start, "to_day": given.end}
        mine = Target.filter(organization_id=ctx.viewer.organization_id, **whose, **days)
        [before] = await mine.values() or [{}]
        id: UUID = before["id"] if before else new_id()
        if before:
            await mine.update(**worth)
        else:
            await Target.create(id=id, organization_id=ctx.viewer.organization_id, **whose, **days, **worth)
        if changes := changed(before, worth):
            await _tell(ctx, "target.set", id, {**whose, **days}, changes)
        return id

    return await perform(ctx, work)


async def remove_target(ctx: Ctx, id: UUID) -> UUID:
    """Take a target away."""

    async def work() -> UUID:
        require(ctx.viewer, Action.SET_TARGETS, to="remove targets")
        row = await locked(Target, ctx.viewer.organization_id, id)
        if row is None or id not in await targets_by_id(ctx.viewer, [id]):
            raise NotFound("Target", id)
        await _may_set(ctx, row["member_id"], row["team_id"])
        await Target.filter(id=id).delete()
        gone = changed({name: row[name] for name in ("value_minor", "value_currency")}, NOTHING)
        await _tell(ctx, "target.removed", id, row, gone)
        return id

    return await perform(ctx, work)


async def _may_set(ctx: Ctx, member_id: UUID | None, team_id: UUID | None) -> None:
    """An admin sets all; a manager the team's and those of its members."""
    organization_id = ctx.viewer.organization_id
    teams: list[UUID | None] = [team_id] if team_id else []
    if member_id is not None:
        member = await Member.filter(organization_id=organization_id, id=member_id).values("team_id")
        if not member:
            raise NotFound("Member", member_id)
        teams.append(member[0]["team_id"])
    if team_id is not None and not await Team.filter(organization_id=organization_id, id=team_id).exists():
        raise NotFound("Team", team_id)
    if not _leads(ctx.viewer, teams):
        raise PermissionDenied("This target is not your team's to set. Ask a manager of that team, or an admin.")


def _leads(viewer: Viewer, teams: list[UUID | None]) -> bool:
    if viewer.may(Action.ADMINISTER):
        return True
    return bool(teams) and all(team in viewer.teams for team in teams)


async def _checked(ctx: Ctx, given: NewTarget) -> dict[str, Any]:
    """The value in base currency, every fault told."""
    faults = Faults()
    if given.member_id is not None and given.team_id is not None:
        faults.add("teamId", message="A target is a member's or a team's. Give `memberId` or `teamId`, not both.")
    if given.end < given.start:
        faults.add("period", "to", message="`period` ends before it begins. Give `to` a day on or after `from`.")
    faults.day(given.start, "period", "from")
    base = (await home_of(ctx.viewer.organization_id))["base_currency"]
    if given.value.currency != base:
        message = f"Figures are in the base currency. Give the target in {base}."
        faults.add("value", "currency", message=message)
    faults.raise_if_any()
    minor = minor_units(given.value, "value")
    if minor == 0:
        raise invalid("value", "amount", message="A target is more than 0. Take it away with removeTarget.")
    return {"value_minor": minor, "value_currency": base}


async def _tell(ctx: Ctx, event: str, id: UUID, about: dict[str, Any], changes: dict[str, object]) -> None:
    payload = {
        "targetId": id,
        "memberId": about["member_id"],
        "teamId": about["team_id"],
        "from": about["from_day"],
        "to": about["to_day"],
        "changes": changes,
    }
    await record(ctx, event, aggregate="target", id=id, payload=payload)
