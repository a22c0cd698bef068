"""People join the organization."""

from typing import Any
from uuid import UUID

from workflow.models import Member
from workflow.models.columns import new_id
from workflow.operations.context import Ctx
from workflow.operations.journal import record
from workflow.rules.states import Role, Visibility


async def make_member(ctx: Ctx, *, name: str, email: str, role: Role, team_id: UUID | None = None) -> UUID:
    """A new active member who sees everything; the caller has checked that the e-mail is free."""
    id = new_id()
    organization_id = ctx.viewer.organization_id
    person: dict[str, Any] = {  # Any: columns of several kinds
        "name": name,
        "email": email.lower(),
        "role": role,
        "visibility": Visibility.ALL,
        "active": True,
        "team_id": team_id,
    }
    await Member.create(id=id, organization_id=organization_id, created_at=ctx.now, **person)
    await record(
        ctx,
        "member.created",
        aggregate="member",
        id=id,
        payload={"memberId": id, "changes": {"role": {"old": None, "new": role}}},
    )
    return id
