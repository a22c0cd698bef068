"""The scope of a viewer: every read of deals starts from `visible`."""

from collections.abc import Hashable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from workflow.models import Collaborator, Member, Opportunity
from workflow.models.engine.database import act_as_organization, one_connection
from workflow.rules.enums import Visibility
from workflow.rules.permissions import Ownership, Viewer


def act_as_viewer(viewer: Viewer) -> AbstractContextManager[None]:
    """Limit reads and writes to the viewer's organization.

    PostgreSQL enforces the limit by row-level security.
    """
    return act_as_organization(viewer.organization_id)


def reading() -> AbstractAsyncContextManager[None]:
    """Let the reads of one response share a connection to the database."""
    return one_connection()


def visible(viewer: Viewer) -> QuerySet[Opportunity]:
    """Return the deals within the viewer's visibility and those on which the viewer collaborates."""
    deals = Opportunity.filter(organization_id=viewer.organization_id, deleted_at=None)
    if viewer.sees_all:
        return deals
    return deals.filter(_own_deals(viewer.member_id) | _team_deals(viewer))


def is_visible(viewer: Viewer, ownership: Ownership) -> bool:
    """Return True if `visible` contains a deal of the organization that is not deleted."""
    if viewer.sees_all or ownership.is_owned_by(viewer):
        return True
    return viewer.visibility is Visibility.TEAM and ownership.is_in_teams_of(viewer)


def scope_key(viewer: Viewer) -> Hashable:
    """Return all that `visible` reads of a viewer; two viewers with the same key see the same deals."""
    return viewer.organization_id, viewer.sees_all, viewer.member_id, viewer.visibility, viewer.teams


def _own_deals(member_id: UUID | None) -> Q:
    if member_id is None:
        return Q(id__in=[])
    shared_deals = Collaborator.filter(member_id=member_id).values("opportunity_id")
    return Q(owner_id=member_id) | Q(id__in=Subquery(shared_deals))


def _team_deals(viewer: Viewer) -> Q:
    if viewer.visibility is not Visibility.TEAM or not viewer.teams:
        return Q(id__in=[])
    members = Member.filter(organization_id=viewer.organization_id, team_id__in=list(viewer.teams)).values(
        "id"
    )
    return Q(owner_id__in=Subquery(members))
