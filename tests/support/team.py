"""The people around one seller's deals, with each of the roles that permissions distinguish."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from tests.support.organizations import NOW, TestOrganization, new_organization
from workflow.models import Event, Member, Team
from workflow.models.columns import new_id
from workflow.operations.change.overrides import NewOverride
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.process.processes import preset
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import LEFT_OUT, ImportRow
from workflow.rules.enums import CLOSED_STATES, OpportunityState, Role

SELLER_EMAIL = "sam@example.com"
ROLES: Mapping[str, Role] = {
    "owner": Role.REP,
    "helper": Role.REP,
    "stranger": Role.REP,
    "manager": Role.MANAGER,
    "other manager": Role.MANAGER,
    "admin": Role.ADMIN,
    "integrator": Role.INTEGRATOR,
    "observer": Role.OBSERVER,
}
"""`helper` collaborates on the deals, `manager` manages the owner's team, `other manager` another one."""
WRITERS = frozenset({"owner", "helper", "manager", "admin", "integrator"})
"""People who may write the owner's deals."""


@dataclass(frozen=True)
class SalesTeam:
    """Contexts by name, and a deal of the owner in each state."""

    organization: TestOrganization
    ctx: Mapping[str, Ctx]
    deals: Mapping[OpportunityState, UUID]

    def at(self, name: str, now: datetime) -> Ctx:
        """Return the context of a person at another time."""
        return replace(self.ctx[name], now=now)

    def member(self, name: str) -> UUID:
        """Return the member with a name."""
        id = self.ctx[name].viewer.member_id
        assert id is not None
        return id

    async def add_deal(self, state: OpportunityState, key: str | None = None) -> UUID:
        """Create another deal of the owner in a state."""
        key = key or uuid4().hex
        return (await import_deals(self.organization, {key: state}))[key]


async def new_sales_team(*, time_zone: str = "UTC") -> SalesTeam:
    """Create an organization with all of them."""
    organization = await new_organization(time_zone=time_zone)
    north = await _create_team(organization, "North")
    south = await _create_team(organization, "South")
    await organization.ctx_of(Role.REP, SELLER_EMAIL)
    await Member.filter(organization_id=organization.id, email=SELLER_EMAIL).update(team_id=north)
    ctx = {name: await organization.ctx_of(role, _email(name, role)) for name, role in ROLES.items()}
    for team, leader in ((north, "manager"), (south, "other manager")):
        await Team.filter(id=team).update(manager_id=ctx[leader].viewer.member_id)
        ctx[leader] = await organization.ctx_of(Role.MANAGER, _email(leader, Role.MANAGER))
    deals = await import_deals(
        organization, {state: state for state in OpportunityState if state not in CLOSED_STATES}
    )
    for id in deals.values():
        helpers = [id for id in [ctx["helper"].viewer.member_id] if id]
        await update_opportunity(organization.ctx, id, {"collaborator_ids": helpers}, expected_version=None)
    closed = await import_deals(organization, {state: state for state in CLOSED_STATES})
    deals_by_state = {OpportunityState(key): id for key, id in {**deals, **closed}.items()}
    return SalesTeam(organization, ctx, deals_by_state)


def override_all(note: str | None = None) -> TransitionOptions:
    """Return an override of all unmet requirements, by an admin who does not own the deal."""
    keys = {one.key for gate in preset("default").gates for one in gate.requirements}
    return TransitionOptions(
        note=note, override=NewOverride(tuple(sorted(keys)), "The board wants this deal to go on.")
    )


async def event_payloads(id: UUID, *types: str) -> list[dict[str, Any]]:
    """Return the payloads of a record's events of these types, in order."""
    found = (
        await Event.filter(aggregateid=id, type__in=types).order_by("pos").values_list("payload", flat=True)
    )
    return [dict(payload) for payload in found if isinstance(payload, Mapping)]


async def import_deals(
    organization: TestOrganization, states_by_key: Mapping[str, OpportunityState]
) -> dict[str, UUID]:
    """Import a deal of the seller in each state."""
    rows = [
        ImportRow(
            external_id=key,
            name=f"Deal {key}",
            account_name="Acme",
            owner_email=SELLER_EMAIL,
            state=state,
            closed_on=date(2026, 3, 1) if state in CLOSED_STATES else LEFT_OUT,
            created_at=datetime(2026, 2, 1, 9, tzinfo=NOW.tzinfo),
        )
        for key, state in states_by_key.items()
    ]
    outcomes = await import_rows(organization.ctx, "crew", rows)
    return {row.external_id: row.opportunity_id for row in outcomes if row.opportunity_id}


def _email(name: str, role: Role) -> str | None:
    if role is Role.INTEGRATOR:
        return None
    return SELLER_EMAIL if name == "owner" else f"{name.replace(' ', '.')}@example.com"


async def _create_team(organization: TestOrganization, name: str) -> UUID:
    id = new_id()
    await Team.create(id=id, organization_id=organization.id, name=name, created_at=NOW)
    return id
