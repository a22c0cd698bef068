"""Deals with at least one record of each kind."""

from datetime import timedelta
from uuid import UUID

from tests.support.every_mutation.starting_data import EVIDENCE
from tests.support.organizations import NOW, TestOrganization
from tests.support.team import SELLER_EMAIL, import_deals
from workflow.models import Milestone, Opportunity
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.competitors import NewCompetitor, add_competitor
from workflow.operations.buyer.milestones import complete_milestone
from workflow.operations.buyer.mitigations import NewMitigation, add_mitigation
from workflow.operations.buyer.profile import update_buyer
from workflow.operations.buyer.risks import NewRisk, raise_risk, review_risks
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder, update_stakeholder
from workflow.operations.change.overrides import NewOverride
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import WinDetails, win
from workflow.rules.enums import (
    ActivityDirection,
    ActivityKind,
    BuyingRole,
    CompetitorKind,
    Grade,
    MitigationKind,
    OpportunityState,
    RelationKind,
    RiskCategory,
    Role,
    WinReason,
)
from workflow.rules.opportunity.parts import DecisionStepFacts, ObjectiveFacts, RelationFacts

OVERRIDDEN = ("field.value", "milestone.terms_agreed")
CALLS = 3


async def create_complete_deals(organization: TestOrganization, size: int) -> None:
    """Create deals of one owner, each with its own people, won with an override."""
    seller = await organization.ctx_of(Role.REP, SELLER_EMAIL)
    deals = await import_deals(
        organization, {str(number): OpportunityState.PROGRESSING for number in range(size)}
    )
    for name, id in deals.items():
        await _add_helpers(organization, id, name)
        await _add_buyer(seller, id)
        await _win(organization, id)


async def _add_helpers(organization: TestOrganization, id: UUID, name: str) -> None:
    helpers = [
        await organization.ctx_of(Role.REP, f"{kind}{name}@example.com") for kind in ("helper", "expert")
    ]
    helper, expert = (ctx.viewer.member_id for ctx in helpers)
    assert helper is not None
    await update_opportunity(organization.ctx, id, {"collaborator_ids": [helper]}, expected_version=None)
    risk = await raise_risk(
        helpers[0], id, NewRisk(RiskCategory.TIME, "It takes too long", 2, 2, owner_id=expert)
    )
    await add_mitigation(helpers[0], risk, NewMitigation(MitigationKind.PILOT, "Show it in a week"))
    await review_risks(helpers[0], id, none_found=False, note=None)


async def _add_buyer(seller: Ctx, id: UUID) -> None:
    account = (await Opportunity.filter(id=id).values("account_id"))[0]["account_id"]
    contacts = [
        await create_contact(seller, account, {"name": name}) for name in ("Maria Plant", "Kim Moor", "Lee")
    ]
    people = [
        await add_stakeholder(seller, id, NewStakeholder(one, [BuyingRole.CHAMPION])) for one in contacts[:2]
    ]
    relation = RelationFacts(RelationKind.REPORTS_TO, people[1])
    await update_stakeholder(seller, people[0], {"relations": [relation]}, expected_version=None)
    await update_buyer(
        seller,
        id,
        {
            "decision_steps": [DecisionStepFacts("The board meets", people[0], None, False)],
            "objectives": [ObjectiveFacts("Fewer stops", None, None, None, None)],
        },
        expected_version=None,
    )
    answer = NewAssessment("pain", Grade.VALIDATED, EVIDENCE, None, people[0])
    await assess_criteria(seller, id, [answer], pain_since=None, expected_version=None)
    await add_competitor(seller, id, NewCompetitor(CompetitorKind.VENDOR, "Globex"))
    for day in range(CALLS):
        fields = (True, NOW - timedelta(days=day), contacts[day:])
        await log_activity(
            seller, id, NewActivity(ActivityKind.CALL, ActivityDirection.INBOUND, "They called", *fields)
        )


async def _win(organization: TestOrganization, id: UUID) -> None:
    [step] = await Milestone.filter(opportunity_id=id, template_key="decision_made").values("id")
    await complete_milestone(organization.ctx, step["id"], evidence=EVIDENCE, expected_version=None)
    terms = TransitionOptions(override=NewOverride(OVERRIDDEN, "The board wants this one and pays for it."))
    await win(organization.ctx, id, WinDetails(WinReason.SPEED), terms)
