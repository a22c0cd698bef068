"""A deal that passes the gates of any process by meeting each requirement with its operation."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from tests.support.organizations import TestOrganization
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.competitors import NewCompetitor, add_competitor
from workflow.operations.buyer.milestones import complete_milestone
from workflow.operations.buyer.profile import BuyerChanges, update_buyer
from workflow.operations.buyer.risks import review_risks
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity import triggers
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity, update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions, TransitionOutcome
from workflow.operations.opportunity.triggers import QualifyChanges, WinDetails
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import (
    ActivityDirection,
    ActivityKind,
    BuyingRole,
    CompetitorKind,
    Coverage,
    OpportunityField,
    PurchaseProcess,
    RequirementKind,
    Trigger,
    WinReason,
)
from workflow.rules.gates.requirements import Verdict, evaluate_gate, unmet_verdicts
from workflow.rules.opportunity.facts import NextStep, OpportunityFacts
from workflow.rules.opportunity.parts import ObjectiveFacts
from workflow.rules.process.document import ProcessDocument, RequirementTest

EVIDENCE = "The plant manager said on the phone that they lose two shifts a week to it."
FUTURE = date(2099, 6, 1)
CALLS_FOR_COVERAGE = {Coverage.NONE: 0, Coverage.BRIEF: 1, Coverage.MULTIPLE: 2, Coverage.IN_DEPTH: 5}
TRANSITIONS: Mapping[Trigger, Callable[[Ctx, UUID], Awaitable[TransitionOutcome]]] = {
    Trigger.QUALIFY: lambda ctx, id: triggers.qualify(ctx, id, QualifyChanges(), TransitionOptions()),
    Trigger.PROGRESS: lambda ctx, id: triggers.progress(ctx, id, OpportunityChanges(), TransitionOptions()),
    Trigger.WIN: lambda ctx, id: triggers.win(ctx, id, WinDetails(WinReason.CAPABILITY), TransitionOptions()),
}
"""The triggers from LEAD to WON."""


@dataclass(frozen=True)
class GateWalkthrough:
    """A deal that passes the gates of a process."""

    ctx: Ctx
    process: ProcessDocument
    account: UUID
    deal: UUID

    async def facts(self) -> OpportunityFacts:
        """Return the current facts of the deal."""
        return (await load_facts(self.ctx.viewer.organization_id, [self.deal], self.ctx.now))[self.deal]

    async def unmet(self, trigger: Trigger) -> tuple[Verdict, ...]:
        """Return the unmet requirements of the gate."""
        return unmet_verdicts(evaluate_gate(self.process, trigger, await self.facts(), self.ctx.now))

    async def transition(self, trigger: Trigger) -> TransitionOutcome:
        """Run the transition."""
        return await TRANSITIONS[trigger](self.ctx, self.deal)

    async def meet(self, verdict: Verdict) -> None:
        """Meet one requirement."""
        await MEET_BY_KIND[verdict.kind](self, verdict.test)

    async def add_stakeholder(self, role: BuyingRole, calls: int) -> None:
        """Add a stakeholder with the role, and that many calls with them."""
        contact = await create_contact(self.ctx, self.account, {"name": role.capitalize()})
        await add_stakeholder(self.ctx, self.deal, NewStakeholder(contact, [role]))
        for _ in range(calls):
            await self.log_call(contact)

    async def log_call(self, contact: UUID) -> None:
        """Log a two-way call."""
        about = NewActivity(
            ActivityKind.CALL, ActivityDirection.INBOUND, EVIDENCE, two_way=True, contact_ids=(contact,)
        )
        await log_activity(self.ctx, self.deal, about)


async def new_walkthrough(organization: TestOrganization, process: ProcessDocument) -> GateWalkthrough:
    """Publish the process and return an empty lead of it."""
    account = await create_account(organization.ctx, {"name": "Acme"})
    place = NewOpportunity(account, None, process.key)
    deal = await create_opportunity(organization.ctx, place, {"name": "Stock counting"})
    return GateWalkthrough(replace(organization.ctx), process, account, deal)


async def _criterion(walkthrough: GateWalkthrough, test: RequirementTest) -> None:
    assert test.criterion
    answer = NewAssessment(test.criterion.key, test.criterion.min_grade, EVIDENCE)
    await assess_criteria(walkthrough.ctx, walkthrough.deal, [answer], pain_since=None, expected_version=None)


async def _field(walkthrough: GateWalkthrough, test: RequirementTest) -> None:
    assert test.field
    if test.field is OpportunityField.COMPETITORS:
        await add_competitor(
            walkthrough.ctx, walkthrough.deal, NewCompetitor(CompetitorKind.STATUS_QUO, "Go on as today")
        )
    elif test.field in BUYER_CHANGES:
        await update_buyer(
            walkthrough.ctx, walkthrough.deal, BUYER_CHANGES[test.field], expected_version=None
        )
    else:
        await update_opportunity(
            walkthrough.ctx, walkthrough.deal, OPPORTUNITY_CHANGES[test.field], expected_version=None
        )


OPPORTUNITY_CHANGES: Mapping[OpportunityField, OpportunityChanges] = {
    OpportunityField.VALUE: {"value": MoneyAmount(Decimal(60_000), "EUR")},
    OpportunityField.EXPECTED_CLOSE_DATE: {"expected_close_date": FUTURE},
    OpportunityField.NEXT_STEP: {"next_step": NextStep("Meet the COO", FUTURE)},
    OpportunityField.DESCRIPTION: {"description": EVIDENCE},
}
BUYER_CHANGES: Mapping[OpportunityField, BuyerChanges] = {
    OpportunityField.PURCHASE_PROCESS: {"purchase_process": PurchaseProcess.COMMITTEE},
    OpportunityField.DECISION_DATE: {"decision_date": FUTURE},
    OpportunityField.COMPELLING_EVENT: {"compelling_event": "The old contract ends in June."},
    OpportunityField.OBJECTIVES: {
        "objectives": [ObjectiveFacts("Fewer shifts lost", metric="shifts a week")]
    },
}


async def _role(walkthrough: GateWalkthrough, test: RequirementTest) -> None:
    assert test.role
    for role in (test.role.any_of or tuple(BuyingRole))[:1] * test.role.minimum:
        await walkthrough.add_stakeholder(role, CALLS_FOR_COVERAGE[test.role.min_coverage])


async def _milestone(walkthrough: GateWalkthrough, test: RequirementTest) -> None:
    step = next(step for step in (await walkthrough.facts()).milestones if step.key == test.milestone)
    await complete_milestone(walkthrough.ctx, step.id, evidence=EVIDENCE, expected_version=None)


async def _risk_review(walkthrough: GateWalkthrough, test: RequirementTest) -> None:
    await review_risks(walkthrough.ctx, walkthrough.deal, none_found=True, note=None)


async def _activity(walkthrough: GateWalkthrough, test: RequirementTest) -> None:
    await walkthrough.log_call(await create_contact(walkthrough.ctx, walkthrough.account, {"name": "Kim"}))


MEET_BY_KIND: Mapping[RequirementKind, Callable[[GateWalkthrough, RequirementTest], Awaitable[None]]] = {
    RequirementKind.CRITERION: _criterion,
    RequirementKind.FIELD: _field,
    RequirementKind.ROLE: _role,
    RequirementKind.MILESTONE: _milestone,
    RequirementKind.RISK_REVIEW: _risk_review,
    RequirementKind.ACTIVITY: _activity,
}
"""The operation that meets each kind of requirement; a new deal has no open risk, and its account fits."""
