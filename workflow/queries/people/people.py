"""The organization, its members and its teams as plain rows; one statement for each read."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.queryset import QuerySet

from workflow.models import Member, Organization, Team
from workflow.models.columns import UNSTORABLE
from workflow.models.engine.database import read
from workflow.queries.conditions import column_in
from workflow.queries.paging import Page, Term, Window, page
from workflow.queries.records import RecordRow, rows_by_id, select
from workflow.rules.enums import Role, Visibility
from workflow.rules.errors import invalid_field
from workflow.rules.permissions import Viewer


class OrganizationRow(RecordRow):
    """An organization as stored."""

    id: UUID
    name: str
    base_currency: str
    time_zone: str
    default_process_key: str


class MemberRow(RecordRow):
    """A member as stored."""

    id: UUID
    name: str
    email: str
    role: Role
    visibility: Visibility
    active: bool
    team_id: UUID | None
    created_at: datetime


class TeamRow(RecordRow):
    """A team as stored."""

    id: UUID
    name: str
    parent_id: UUID | None
    manager_id: UUID | None


async def organization(viewer: Viewer) -> OrganizationRow:
    """Return the viewer's organization."""
    [record] = await read(
        f"{select(Organization, OrganizationRow.columns)} WHERE id = $1", viewer.organization_id
    )
    return OrganizationRow(record)


async def own_organization(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, OrganizationRow]:
    """Return the viewer's own organization, if it is among these; no other is ever found."""
    return {id: await organization(viewer) for id in ids if id == viewer.organization_id}


async def find_organization(name_or_id: str) -> OrganizationRow:
    """Return the organization with a name or id; raise InvalidInputError if none or several have the name."""
    text = name_or_id.strip()
    matches = [] if UNSTORABLE.search(text) else await _organizations_named(text)
    if not matches:
        message = f'There is no organization named "{text[:80]}". Create it with `pursuit init`.'
        raise invalid_field("organization", message=message)
    if len(matches) > 1:
        known = ", ".join(f"{row['id']} (created {row['created_at']:%Y-%m-%d})" for row in matches)
        message = f'{len(matches)} organizations are named "{text}". Give the id of one: {known}.'
        raise invalid_field("organization", message=message)
    return OrganizationRow(matches[0])


async def _organizations_named(text: str) -> list[dict[str, Any]]:
    """Return the organization with this id, else all with this name, oldest first."""
    names = (*OrganizationRow.columns, "created_at")
    with suppress(ValueError):
        if found := await Organization.filter(id=UUID(text)).values(*names):
            return found
    return await Organization.filter(column_in("name", [text])).order_by("created_at", "id").values(*names)


async def members_by_id(
    viewer: Viewer, ids: Collection[UUID], columns: Collection[str] | None = None
) -> dict[UUID, MemberRow]:
    """Return the members with these ids."""
    return await rows_by_id(MemberRow, Member, viewer.organization_id, ids, columns)


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """Conditions on members; None leaves one out."""

    role: tuple[Role, ...] | None = None
    active: bool | None = None


async def members(viewer: Viewer, filter: MemberFilter, window: Window) -> Page[MemberRow]:
    """Return a page of members in the order they joined."""
    return await page(
        lambda: _matching(viewer, filter),
        table=Member,
        order=[Term("created_at")],
        window=window,
        columns=MemberRow.columns,
        make=MemberRow,
    )


async def emails_by_name(viewer: Viewer) -> dict[str, str]:
    """Return the e-mail of each active member by the folded name, except names that several of them have."""
    people = await Member.filter(organization_id=viewer.organization_id, active=True).values("name", "email")
    names = [person["name"].casefold() for person in people]
    return {
        name: person["email"] for name, person in zip(names, people, strict=True) if names.count(name) == 1
    }


async def count_members(viewer: Viewer, filter: MemberFilter) -> int:
    """Count the members that match."""
    return await _matching(viewer, filter).count()


async def teams(viewer: Viewer) -> list[TeamRow]:
    """Return all teams ordered by name."""
    found = (
        await Team.filter(organization_id=viewer.organization_id)
        .order_by("name", "id")
        .values(*TeamRow.columns)
    )
    return [TeamRow(row) for row in found]


async def teams_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, TeamRow]:
    """Return the teams with these ids."""
    return await rows_by_id(TeamRow, Team, viewer.organization_id, ids)


async def members_of_teams(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, list[MemberRow]]:
    """Return the members of each team ordered by name."""
    found = await (
        Member.filter(organization_id=viewer.organization_id, team_id__in=list(ids))
        .order_by("name", "id")
        .values(*MemberRow.columns)
    )
    members_by_team: dict[UUID, list[MemberRow]] = {id: [] for id in ids}
    for record in found:
        members_by_team[record["team_id"]].append(MemberRow(record))
    return members_by_team


def _matching(viewer: Viewer, filter: MemberFilter) -> QuerySet[Member]:
    found = Member.filter(organization_id=viewer.organization_id)
    if filter.role is not None:
        found = found.filter(role__in=list(filter.role))
    if filter.active is not None:
        found = found.filter(active=filter.active)
    return found
