"""Whose a deal is: its owner and the members who work it with them."""

from collections.abc import Sequence
from uuid import UUID

from workflow.models import Collaborator, Member
from workflow.models.columns import new_id
from workflow.operations.change.change import Deal
from workflow.operations.core.context import Ctx
from workflow.rules.errors import NotFound, PermissionDenied, invalid
from workflow.rules.permissions import Action, Holding, may_write


async def owner_of_new(ctx: Ctx, owner_id: UUID | None) -> UUID:
    """The member who owns a new deal: the one who makes it, or another active member where the role may assign."""
    wanted = owner_id or ctx.viewer.member_id
    if wanted is None:
        raise invalid("ownerId", message="This key stands for no member: name the owner with `ownerId`.")
    return await may_own(ctx, wanted)


async def may_own(ctx: Ctx, wanted: UUID) -> UUID:
    """The member, where this viewer may name them an owner: themselves, or an active member of whom the role may dispose."""
    found = await Member.filter(organization_id=ctx.viewer.organization_id, id=wanted).values("active", "team_id")
    if not found:
        raise NotFound("Member", wanted)
    if not found[0]["active"]:
        raise invalid("ownerId", message="This member is not active any more. Name an active member.")
    holding = Holding(owner_id=wanted, owner_team_id=found[0]["team_id"], collaborator_ids=())
    if wanted != ctx.viewer.member_id and not (ctx.viewer.may(Action.ASSIGN) and may_write(ctx.viewer, holding)):
        raise PermissionDenied(
            "You may not make this member an owner. Name yourself or somebody of your team, or ask an admin."
        )
    return wanted


async def collaborate(deal: Deal, wanted: Sequence[UUID]) -> dict[str, object]:
    """Make these members the collaborators; who came and who went, nothing where nobody did."""
    before, after = set(deal.facts.collaborator_ids), set(wanted)
    came, went = sorted(after - before), sorted(before - after)
    if not came and not went:
        return {}
    await active_members(deal.ctx, came)
    await Collaborator.filter(opportunity_id=deal.id, member_id__in=went).delete()
    await add_collaborators(deal.ctx, deal.id, came)
    return {"collaboratorIds": {"added": came, "removed": went}}


async def hand_over(deal: Deal, owner_id: UUID) -> dict[str, object]:
    """Make this member the owner, who is no collaborator any more; who went, nothing where nobody did."""
    await deal.write(owner_id=owner_id)
    if owner_id not in deal.facts.collaborator_ids:
        return {}
    await Collaborator.filter(opportunity_id=deal.id, member_id=owner_id).delete()
    return {"collaboratorIds": {"added": [], "removed": [owner_id]}}


async def active_members(ctx: Ctx, ids: Sequence[UUID]) -> None:
    """Refuse who is not an active member."""
    known = await Member.filter(organization_id=ctx.viewer.organization_id, id__in=list(ids), active=True).values_list(
        "id", flat=True
    )
    for id in ids:
        if id not in known:
            raise invalid(
                "collaboratorIds",
                message="A collaborator is an active member of the organization; one of these is not.",
            )


async def add_collaborators(ctx: Ctx, opportunity_id: UUID, members: Sequence[UUID]) -> None:
    """Each member once."""
    for member_id in dict.fromkeys(members):
        await Collaborator.create(
            id=new_id(), organization_id=ctx.viewer.organization_id, opportunity_id=opportunity_id, member_id=member_id
        )
