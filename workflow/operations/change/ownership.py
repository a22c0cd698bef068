"""The owner and the collaborators of a deal."""

from collections.abc import Sequence
from uuid import UUID

from workflow.models import Collaborator, Member
from workflow.operations.change.locked import LockedOpportunity
from workflow.operations.core.context import Ctx
from workflow.rules.errors import NotFoundError, PermissionDeniedError, invalid_field
from workflow.rules.permissions import Action, Ownership, may_write


async def resolve_owner(ctx: Ctx, owner_id: UUID | None) -> UUID:
    """Return the owner of a new deal: the given member, or the viewer by default."""
    owner = owner_id or ctx.viewer.member_id
    if owner is None:
        message = "This API key does not belong to a member, so there is no default owner. Set `ownerId`."
        raise invalid_field("ownerId", message=message)
    return await authorize_owner(ctx, owner)


async def authorize_owner(ctx: Ctx, owner_id: UUID) -> UUID:
    """Return the id of an active member to whom the viewer may assign deals. Refuse any other member."""
    found = await Member.filter(organization_id=ctx.viewer.organization_id, id=owner_id).values(
        "active", "team_id"
    )
    if not found:
        raise NotFoundError("Member", owner_id)
    if not found[0]["active"]:
        raise invalid_field("ownerId", message="This member is no longer active. Choose an active member.")
    ownership = Ownership(owner_id=owner_id, owner_team_id=found[0]["team_id"], collaborator_ids=())
    if owner_id != ctx.viewer.member_id and not (
        ctx.viewer.may(Action.ASSIGN) and may_write(ctx.viewer, ownership)
    ):
        raise PermissionDeniedError(
            "You cannot assign this opportunity to that member. "
            "Choose yourself or a member of your team, or ask an admin."
        )
    return owner_id


async def set_collaborators(deal: LockedOpportunity, member_ids: Sequence[UUID]) -> dict[str, object]:
    """Replace the collaborators. Return the change for the event, which is empty if nothing changed."""
    before = set(deal.facts.collaborator_ids)
    after = set(member_ids)
    added = sorted(after - before)
    removed = sorted(before - after)
    if not added and not removed:
        return {}
    await require_active_members(deal.ctx, added)
    for member_id in removed:
        deal.delete(Collaborator, opportunity_id=deal.id, member_id=member_id)
    for member_id in added:
        deal.insert(Collaborator, member_id=member_id)
    return {"collaboratorIds": {"added": added, "removed": removed}}


def change_owner(deal: LockedOpportunity, owner_id: UUID) -> dict[str, object]:
    """Set the owner, who is then not a collaborator any more. Return the change of collaborators."""
    deal.write(owner_id=owner_id)
    if owner_id not in deal.facts.collaborator_ids:
        return {}
    deal.delete(Collaborator, opportunity_id=deal.id, member_id=owner_id)
    return {"collaboratorIds": {"added": [], "removed": [owner_id]}}


async def require_active_members(ctx: Ctx, ids: Sequence[UUID]) -> None:
    """Refuse collaborators who are not active members."""
    active_members = Member.filter(organization_id=ctx.viewer.organization_id, id__in=list(ids), active=True)
    known = await active_members.values_list("id", flat=True)
    if not set(ids) <= set(known):
        message = "One of the collaborators is not an active member of the organization. Remove that member."
        raise invalid_field("collaboratorIds", message=message)
