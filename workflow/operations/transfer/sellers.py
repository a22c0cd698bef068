"""Teams, their managers and their sellers as another system names them: made where they are not there yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from workflow.models import Member, Team
from workflow.models.columns import new_id
from workflow.models.engine.database import transaction
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed, record
from workflow.operations.core.validation import Faults
from workflow.operations.people.members import make_member
from workflow.rules.enums import Role
from workflow.rules.permissions import Action, require


@dataclass(frozen=True, slots=True)
class Seller:
    """A person who sells, in the team of a manager."""

    name: str
    email: str
    team: str
    manager: str
    manager_email: str


async def ensure_sellers(ctx: Ctx, sellers: Sequence[Seller]) -> None:
    """Make the members and teams that are missing; what is there stays as it is."""
    require(ctx.viewer, Action.ADMINISTER, to="make members and teams")

    faults = Faults()
    for seller in sellers:
        for text in (seller.name, seller.email, seller.team, seller.manager, seller.manager_email):
            faults.text(text, text[:80], required=True)
    faults.raise_if_any()

    async def work() -> None:
        organization_id = ctx.viewer.organization_id
        people = dict(await Member.filter(organization_id=organization_id).values_list("email", "id"))
        teams = dict(await Team.filter(organization_id=organization_id).values_list("name", "id"))
        for seller in sellers:
            if seller.team not in teams:
                teams[seller.team] = await _make_team(ctx, seller, people)
            if seller.email.lower() not in people:
                made = await make_member(
                    ctx, name=seller.name, email=seller.email, role=Role.REP, team_id=teams[seller.team]
                )
                people[seller.email.lower()] = made

    await transaction(work)


async def _make_team(ctx: Ctx, seller: Seller, people: dict[str, UUID]) -> UUID:
    """A team with its manager, who belongs to it too."""
    id, email = new_id(), seller.manager_email.lower()
    await Team.create(id=id, organization_id=ctx.viewer.organization_id, name=seller.team, created_at=ctx.now)
    if email not in people:
        people[email] = await make_member(ctx, name=seller.manager, email=email, role=Role.MANAGER, team_id=id)
    await Team.filter(id=id).update(manager_id=people[email])
    payload = {"teamId": id, "changes": changed({}, {"name": seller.team, "manager_id": people[email]})}
    await record(ctx, "team.created", aggregate="team", id=id, payload=payload)
    return id
