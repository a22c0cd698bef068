"""Targets as plain rows: the organization's own, and those of members and teams that the viewer may see."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from workflow.models import Member, Target
from workflow.queries.columns import column_names
from workflow.queries.conditions import Days
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.rules.enums import Visibility
from workflow.rules.permissions import Action, Viewer


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target as stored; it is the organization's if it has neither a member nor a team."""

    id: UUID
    member_id: UUID | None
    team_id: UUID | None
    from_day: date
    to_day: date
    value_minor: int
    value_currency: str


@dataclass(frozen=True, slots=True)
class TargetFilter:
    """Conditions on targets; None leaves one out."""

    period: Days | None = None
    member_id: tuple[UUID, ...] | None = None
    team_id: tuple[UUID, ...] | None = None


async def targets(viewer: Viewer, filter: TargetFilter) -> list[TargetRow]:
    """Return the visible targets that match, ordered by their first day; one statement."""
    found = _visible_targets(viewer)
    if filter.period is not None:
        found = found.filter(from_day=filter.period.start, to_day=filter.period.end)
    if filter.member_id is not None:
        found = found.filter(member_id__in=list(filter.member_id))
    if filter.team_id is not None:
        found = found.filter(team_id__in=list(filter.team_id))
    return [
        TargetRow(**row)
        for row in await found.order_by("from_day", "to_day", "id").values(*column_names(TargetRow))
    ]


async def targets_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, TargetRow]:
    """Return the visible targets with these ids; one statement."""
    found = await _visible_targets(viewer).filter(id__in=list(ids)).values(*column_names(TargetRow))
    return {row["id"]: TargetRow(**row) for row in found}


async def target_of(viewer: Viewer, filter: OpportunityFilter, period: Days) -> TargetRow | None:
    """Return the target of exactly this period.

    It is the target of the only member or team that the filter names, else the organization's.
    """
    assignee: dict[str, UUID | None] = {"member_id": None, "team_id": None}
    if filter.owner_id is not None or filter.team_id is not None:
        owners = filter.owner_id or ()
        teams = filter.team_id or ()
        if len(owners) + len(teams) != 1:
            return None
        assignee = {"member_id": owners[0] if owners else None, "team_id": teams[0] if teams else None}
    found = (
        await _visible_targets(viewer)
        .filter(from_day=period.start, to_day=period.end, **assignee)
        .values(*column_names(TargetRow))
    )
    return TargetRow(**found[0]) if found else None


def _visible_targets(viewer: Viewer) -> QuerySet[Target]:
    """Return the targets that the viewer may see.

    Everyone sees the organization's and their own. Those of a team and its members are visible to viewers who
    see the team's deals or may set its targets; all are visible to admins and to viewers who see every deal.
    """
    rows = Target.filter(organization_id=viewer.organization_id)
    if viewer.sees_all or viewer.may(Action.ADMINISTER):
        return rows
    condition = Q(member_id=None, team_id=None)
    if viewer.member_id is not None:
        condition |= Q(member_id=viewer.member_id)
    if viewer.teams and (viewer.visibility is Visibility.TEAM or viewer.may(Action.SET_TARGETS)):
        teams = list(viewer.teams)
        members = Member.filter(organization_id=viewer.organization_id, team_id__in=teams).values("id")
        condition |= Q(team_id__in=teams) | Q(member_id__in=Subquery(members))
    return rows.filter(condition)
