"""A deal that walks through any process: what a gate still asks for is done, by the operation that its kind names."""

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

SAID = "The plant manager said on the phone that they lose two shifts a week to it."
AHEAD = date(2099, 6, 1)
TALKS = {Coverage.NONE: 0, Coverage.BRIEF: 1, Coverage.MULTIPLE: 2, Coverage.IN_DEPTH: 5}
ARROWS: Mapping[Trigger, Callable[[Ctx, UUID], Awaitable[TransitionOutcome]]] = {
    Trigger.QUALIFY: lambda ctx, id: triggers.qualify(ctx, id, QualifyChanges(), TransitionOptions()),
    Trigger.PROGRESS: lambda ctx, id: triggers.progress(ctx, id, OpportunityChanges(), TransitionOptions()),
    Trigger.WIN: lambda ctx, id: triggers.win(ctx, id, WinDetails(WinReason.CAPABILITY), TransitionOptions()),
}
"""The way from LEAD to WON, without an override."""


@dataclass(frozen=True)
class Walk:
    """One deal on its way through a process."""

    ctx: Ctx
    process: ProcessDocument
    account: UUID
    deal: UUID

    async def facts(self) -> OpportunityFacts:
        """The deal as it stands."""
        return (await load_facts(self.ctx.viewer.organization_id, [self.deal], self.ctx.now))[self.deal]

    async def lacks(self, trigger: Trigger) -> tuple[Verdict, ...]:
        """What the gate asks for and does not find."""
        return unmet_verdicts(evaluate_gate(self.process, trigger, await self.facts(), self.ctx.now))

    async def take(self, trigger: Trigger) -> TransitionOutcome:
        """Take the arrow."""
        return await ARROWS[trigger](self.ctx, self.deal)

    async def meet(self, lack: Verdict) -> None:
        """Do what one requirement asks for, and nothing else."""
        await MEETING[lack.kind](self, lack.test)

    async def meet_person(self, role: BuyingRole, talks: int) -> None:
        """Somebody with the role, and so many calls with them."""
        contact = await create_contact(self.ctx, self.account, {"name": role.capitalize()})
        await add_stakeholder(self.ctx, self.deal, NewStakeholder(contact, [role]))
        for _ in range(talks):
            await self.talk(contact)

    async def talk(self, contact: UUID) -> None:
        """A call that went both ways."""
        about = NewActivity(ActivityKind.CALL, ActivityDirection.INBOUND, SAID, two_way=True, contact_ids=(contact,))
        await log_activity(self.ctx, self.deal, about)


async def new_walk(organization: TestOrganization, process: ProcessDocument) -> Walk:
    """A bare lead of that process, which is published."""
    account = await create_account(organization.ctx, {"name": "Acme"})
    place = NewOpportunity(account, None, process.key)
    deal = await create_opportunity(organization.ctx, place, {"name": "Stock counting"})
    return Walk(replace(organization.ctx), process, account, deal)


async def _criterion(walk: Walk, test: RequirementTest) -> None:
    assert test.criterion
    answer = NewAssessment(test.criterion.key, test.criterion.min_grade, SAID)
    await assess_criteria(walk.ctx, walk.deal, [answer], pain_since=None, expected_version=None)


async def _field(walk: Walk, test: RequirementTest) -> None:
    assert test.field
    if test.field is OpportunityField.COMPETITORS:
        await add_competitor(walk.ctx, walk.deal, NewCompetitor(CompetitorKind.STATUS_QUO, "Go on as today"))
    elif test.field in BUYER:
        await update_buyer(walk.ctx, walk.deal, BUYER[test.field], expected_version=None)
    else:
        await update_opportunity(walk.ctx, walk.deal, OWN[test.field], expected_version=None)


OWN: Mapping[OpportunityField, OpportunityChanges] = {
    OpportunityField.VALUE: {"value": MoneyAmount(Decimal(60_000), "EUR")},
    OpportunityField.EXPECTED_CLOSE_DATE: {"expected_close_date": AHEAD},
    OpportunityField.NEXT_STEP: {"next_step": NextStep("Meet the COO", AHEAD)},
    OpportunityField.DESCRIPTION: {"description": SAID},
}
BUYER: Mapping[OpportunityField, BuyerChanges] = {
    OpportunityField.PURCHASE_PROCESS: {"purchase_process": PurchaseProcess.COMMITTEE},
    OpportunityField.DECISION_DATE: {"decision_date": AHEAD},
    OpportunityField.COMPELLING_EVENT: {"compelling_event": "The old contract ends in June."},
    OpportunityField.OBJECTIVES: {"objectives": [ObjectiveFacts("Fewer shifts lost", metric="shifts a week")]},
}


async def _role(walk: Walk, test: RequirementTest) -> None:
    assert test.role
    for role in (test.role.any_of or tuple(BuyingRole))[:1] * test.role.minimum:
        await walk.meet_person(role, TALKS[test.role.min_coverage])


async def _milestone(walk: Walk, test: RequirementTest) -> None:
    step = next(step for step in (await walk.facts()).milestones if step.key == test.milestone)
    await complete_milestone(walk.ctx, step.id, evidence=SAID, expected_version=None)


async def _risk_review(walk: Walk, test: RequirementTest) -> None:
    await review_risks(walk.ctx, walk.deal, none_found=True, note=None)


async def _activity(walk: Walk, test: RequirementTest) -> None:
    await walk.talk(await create_contact(walk.ctx, walk.account, {"name": "Kim"}))


MEETING: Mapping[RequirementKind, Callable[[Walk, RequirementTest], Awaitable[None]]] = {
    RequirementKind.CRITERION: _criterion,
    RequirementKind.FIELD: _field,
    RequirementKind.ROLE: _role,
    RequirementKind.MILESTONE: _milestone,
    RequirementKind.RISK_REVIEW: _risk_review,
    RequirementKind.ACTIVITY: _activity,
}
"""What meets a requirement; no open risk and an account that fits need nothing on a deal of which nothing bad is known."""
