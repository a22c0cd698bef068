"""Create the teams, managers and sellers that another system names and this organization does not have."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from workflow.models import Member, Team
from workflow.models.columns import new_id
from workflow.models.engine.database import transaction
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import record_event
from workflow.operations.core.validation import Validator
from workflow.operations.people.members import insert_member
from workflow.rules.enums import Role
from workflow.rules.permissions import Action, require_permission


@dataclass(frozen=True, slots=True)
class Seller:
    """A salesperson, with team and manager."""

    name: str
    email: str
    team: str
    manager: str
    manager_email: str


async def ensure_sellers(ctx: Ctx, sellers: Sequence[Seller]) -> None:
    """Create the missing members and teams. Existing ones are not changed."""
    require_permission(ctx.viewer, Action.ADMINISTER, to="create members and teams")

    validator = Validator()
    for seller in sellers:
        for text in (seller.name, seller.email, seller.team, seller.manager, seller.manager_email):
            validator.text(text, text[:80], required=True)
    validator.raise_if_any()

    async def work() -> None:
        organization_id = ctx.viewer.organization_id
        member_ids = dict(await Member.filter(organization_id=organization_id).values_list("email", "id"))
        team_ids = dict(await Team.filter(organization_id=organization_id).values_list("name", "id"))
        for seller in sellers:
            if seller.team not in team_ids:
                team_ids[seller.team] = await _create_team(ctx, seller, member_ids)
            if seller.email.lower() not in member_ids:
                member_id = await insert_member(
                    ctx, name=seller.name, email=seller.email, role=Role.REP, team_id=team_ids[seller.team]
                )
                member_ids[seller.email.lower()] = member_id

    await transaction(work)


async def _create_team(ctx: Ctx, seller: Seller, member_ids: dict[str, UUID]) -> UUID:
    """Create a team whose manager is one of its members."""
    id = new_id()
    email = seller.manager_email.lower()
    await Team.create(id=id, organization_id=ctx.viewer.organization_id, name=seller.team, created_at=ctx.now)
    if email not in member_ids:
        member_ids[email] = await insert_member(
            ctx, name=seller.manager, email=email, role=Role.MANAGER, team_id=id
        )
    await Team.filter(id=id).update(manager_id=member_ids[email])
    payload = {"teamId": id, "changes": diff({}, {"name": seller.team, "manager_id": member_ids[email]})}
    await record_event(ctx, "team.created", aggregate="team", id=id, payload=payload)
    return id
