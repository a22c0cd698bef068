"""A seller's deal with risks in every status, and all rows that an operation could have changed."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from tests.support.team import SalesTeam
from workflow.models import Event, Member, Mitigation, Opportunity, Risk, RiskReview, Stakeholder
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.buyer.mitigations import NewMitigation, add_mitigation, complete_mitigation
from workflow.operations.buyer.risks import NewRisk, RiskChanges, raise_risk, settle_risk, update_risk
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import update_opportunity
from workflow.rules.enums import (
    MitigationKind,
    OpportunityState,
    RiskCategory,
    RiskSettlement,
    RiskStatus,
    Role,
)

EVIDENCE = "Their COO called Globex on Monday and was reassured."
SETTLEMENTS = {RiskStatus.ACCEPTED: RiskSettlement.ACCEPTED, RiskStatus.CLOSED: RiskSettlement.CLOSED}


@dataclass(frozen=True)
class RiskScenario:
    """A deal of the seller with a collaborator, and the people around it."""

    team: SalesTeam
    deal: UUID

    @property
    def seller(self) -> Ctx:
        """The owner of the deal."""
        return self.team.ctx["owner"]

    @property
    def manager(self) -> Ctx:
        """The seller's manager, who may accept risks."""
        return self.team.ctx["manager"]

    async def add_risk(
        self, likelihood: int = 3, impact: int = 3, status: RiskStatus = RiskStatus.SUSPECTED
    ) -> UUID:
        """Raise a risk with these scores, and bring it into the status by the product's operations."""
        risk = await raise_risk(
            self.seller, self.deal, NewRisk(RiskCategory.TIME, "A year", likelihood, impact)
        )
        if status is RiskStatus.CONFIRMED:
            await self.update_risk(risk, {"confirmed_by_buyer": True})
        if status in (RiskStatus.MITIGATING, RiskStatus.MITIGATED):
            plan = await self.add_mitigation(risk)
            if status is RiskStatus.MITIGATED:
                await self.complete_mitigation(plan)
        if status in SETTLEMENTS:
            await self.settle_risk(risk, SETTLEMENTS[status], ctx=self.manager)
        return risk

    async def update_risk(self, risk: UUID, changes: RiskChanges, *, ctx: Ctx | None = None) -> UUID:
        """Change a risk, by default as the seller."""
        return await update_risk(ctx or self.seller, risk, changes, expected_version=None)

    async def settle_risk(
        self, risk: UUID, status: RiskSettlement, *, ctx: Ctx | None = None, reason: str = EVIDENCE
    ) -> UUID:
        """Resolve a risk, by default as the seller."""
        return await settle_risk(ctx or self.seller, risk, status, reason=reason, expected_version=None)

    async def add_mitigation(self, risk: UUID) -> UUID:
        """Add a mitigation to a risk, and return its id."""
        before = set(await Mitigation.filter(risk_id=risk).values_list("id", flat=True))
        await add_mitigation(
            self.seller, risk, NewMitigation(MitigationKind.REFERENCE, "Let them call Globex")
        )
        [mitigation_id] = set(await Mitigation.filter(risk_id=risk).values_list("id", flat=True)) - before
        return UUID(str(mitigation_id))

    async def complete_mitigation(self, mitigation: UUID, *, evidence: str = EVIDENCE) -> UUID:
        """Complete a mitigation."""
        return await complete_mitigation(self.seller, mitigation, evidence=evidence, expected_version=None)

    async def add_stakeholder(self, name: str = "Cora Coo") -> UUID:
        """Add a stakeholder."""
        account = (await self.deal_row())["account_id"]
        contact = await create_contact(self.seller, account, {"name": name})
        return await add_stakeholder(self.seller, self.deal, NewStakeholder(contact, []))

    async def deal_row(self) -> dict[str, Any]:  # Any: columns of several kinds
        """Return the stored deal."""
        return dict((await Opportunity.filter(id=self.deal).values())[0])

    async def risk_row(self, id: UUID) -> dict[str, Any]:  # Any: as above
        """Return a stored risk."""
        return dict((await Risk.filter(id=id).values())[0])

    async def last_event(self) -> dict[str, Any]:  # Any: JSON
        """Return the type and the payload of the deal's newest event, without its actor and its time."""
        event = (
            await Event.filter(aggregateid=self.deal).order_by("-pos").limit(1).values("type", "payload")
        )[0]
        inner = ("actor", "opportunityId", "version")
        return {"type": event["type"]} | {k: v for k, v in event["payload"].items() if k not in inner}

    async def all_rows(self) -> tuple[Any, ...]:  # Any: as above
        """Return all rows that an operation could have changed."""
        risks = await Risk.filter(opportunity_id=self.deal).order_by("id").values()
        plans = await Mitigation.filter(risk__opportunity_id=self.deal).order_by("id").values()
        reviews = await RiskReview.filter(opportunity_id=self.deal).order_by("id").values()
        people = await Stakeholder.filter(opportunity_id=self.deal).count()
        events = await Event.filter(aggregateid=self.deal).count()
        return await self.deal_row(), risks, plans, reviews, people, events


async def new_risk_scenario(
    team: SalesTeam, state: OpportunityState = OpportunityState.QUALIFIED
) -> RiskScenario:
    """Create a deal of the seller, with the helper as a collaborator."""
    deal = await team.add_deal(state, uuid4().hex)
    helpers = [team.member("helper")]
    await update_opportunity(
        team.organization.ctx, deal, {"collaborator_ids": helpers}, expected_version=None
    )
    return RiskScenario(team, deal)


async def deactivated_member(scenario: RiskScenario) -> UUID:
    """Create a deactivated member."""
    email = f"{uuid4().hex}@example.com"
    await scenario.team.organization.ctx_of(Role.REP, email)
    await Member.filter(email=email).update(active=False)
    return UUID(str((await Member.filter(email=email).values("id"))[0]["id"]))
