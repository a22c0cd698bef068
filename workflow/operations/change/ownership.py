"""Whose a deal is: its owner and the members who work it with them."""

from collections.abc import Sequence
from uuid import UUID

from workflow.models import Collaborator, Member
from workflow.models.columns import new_id
from workflow.operations.change.change import LockedOpportunity
from workflow.operations.core.context import Ctx
from workflow.rules.errors import NotFoundError, PermissionDeniedError, invalid_field
from workflow.rules.permissions import Action, Ownership, may_write


async def resolve_owner(ctx: Ctx, owner_id: UUID | None) -> UUID:
    """The member who owns a new deal: the one who makes it, or another active member where the role may assign."""
    wanted = owner_id or ctx.viewer.member_id
    if wanted is None:
        raise invalid_field("ownerId", message="This key stands for no member: name the owner with `ownerId`.")
    return await authorize_owner(ctx, wanted)


async def authorize_owner(ctx: Ctx, owner_id: UUID) -> UUID:
    """The member, where this viewer may name them an owner: themselves, or an active member of whom the role may dispose."""
    found = await Member.filter(organization_id=ctx.viewer.organization_id, id=owner_id).values("active", "team_id")
    if not found:
        raise NotFoundError("Member", owner_id)
    if not found[0]["active"]:
        raise invalid_field("ownerId", message="This member is not active any more. Name an active member.")
    ownership = Ownership(owner_id=owner_id, owner_team_id=found[0]["team_id"], collaborator_ids=())
    if owner_id != ctx.viewer.member_id and not (ctx.viewer.may(Action.ASSIGN) and may_write(ctx.viewer, ownership)):
        raise PermissionDeniedError(
            "You may not make this member an owner. Name yourself or somebody of your team, or ask an admin."
        )
    return owner_id


async def set_collaborators(deal: LockedOpportunity, member_ids: Sequence[UUID]) -> dict[str, object]:
    """Make these members the collaborators; who came and who went, nothing where nobody did."""
    before, after = set(deal.facts.collaborator_ids), set(member_ids)
    added, removed = sorted(after - before), sorted(before - after)
    if not added and not removed:
        return {}
    await require_active_members(deal.ctx, added)
    await Collaborator.filter(opportunity_id=deal.id, member_id__in=removed).delete()
    await add_collaborators(deal.ctx, deal.id, added)
    return {"collaboratorIds": {"added": added, "removed": removed}}


async def change_owner(deal: LockedOpportunity, owner_id: UUID) -> dict[str, object]:
    """Make this member the owner, who is no collaborator any more; who went, nothing where nobody did."""
    await deal.write(owner_id=owner_id)
    if owner_id not in deal.facts.collaborator_ids:
        return {}
    await Collaborator.filter(opportunity_id=deal.id, member_id=owner_id).delete()
    return {"collaboratorIds": {"added": [], "removed": [owner_id]}}


async def require_active_members(ctx: Ctx, ids: Sequence[UUID]) -> None:
    """Refuse who is not an active member."""
    known = await Member.filter(organization_id=ctx.viewer.organization_id, id__in=list(ids), active=True).values_list(
        "id", flat=True
    )
    for id in ids:
        if id not in known:
            raise invalid_field(
                "collaboratorIds",
                message="A collaborator is an active member of the organization; one of these is not.",
            )


async def add_collaborators(ctx: Ctx, opportunity_id: UUID, members: Sequence[UUID]) -> None:
    """Each member once."""
    for member_id in dict.fromkeys(members):
        await Collaborator.create(
            id=new_id(), organization_id=ctx.viewer.organization_id, opportunity_id=opportunity_id, member_id=member_id
        )
