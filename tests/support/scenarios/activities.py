"""A deal with two people of the buyer's, for tests of what was done with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.support.organizations import NOW, TestOrganization
from workflow.models import Activity, ActivityContact, Event, Opportunity, Override
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.buyer.activities import ActivityChanges, NewActivity, correct_activity, log_activity
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import ActivityDirection, ActivityKind
from workflow.rules.opportunity.buyer import coverage
from workflow.rules.opportunity.facts import OpportunityFacts

LATER = NOW + timedelta(days=1)
"""When things are logged: after all that was there before."""
CALL: Mapping[str, Any] = {
    "kind": ActivityKind.CALL,
    "direction": ActivityDirection.OUTBOUND,
    "summary": "They lose two shifts a week to it.",
}


@dataclass(frozen=True)
class ActivityScenario:
    """An admin at LATER, a lead of theirs, and Grace and Kim of its account, both stakeholders of it."""

    ctx: Ctx
    account: UUID
    deal: UUID
    grace: UUID
    kim: UUID

    async def log_call(self, **fields: Any) -> UUID:  # Any: fields of several kinds
        """A call that went out, with the changes that a test is about."""
        return await log_call(self.ctx, fields.pop("deal", self.deal), **fields)

    async def log_two_way_call(self, *contacts: UUID, **fields: Any) -> UUID:  # Any: as above
        """A call that went both ways, with Grace where nobody is named."""
        return await self.log_call(two_way=True, contact_ids=contacts or (self.grace,), **fields)

    async def correct(self, id: UUID, **fields: Any) -> UUID:  # Any: as above
        """Correct what is given."""
        changes: ActivityChanges = {**fields}  # type: ignore[typeddict-item]  # a test names what it changes
        return await correct_activity(self.ctx, id, changes)

    async def facts(self) -> OpportunityFacts:
        """What the rules read of the deal."""
        return (await load_facts(self.ctx.viewer.organization_id, [self.deal], self.ctx.now))[self.deal]

    async def coverage(self) -> tuple[str, str]:
        """How well Grace and Kim are known."""
        facts = await self.facts()
        grace, kim = (coverage(facts.conversation_count(person)).value for person in facts.stakeholders)
        return grace, kim


async def new_activity_scenario(organization: TestOrganization) -> ActivityScenario:
    """The deal and its people, a day ago."""
    account = await create_account(organization.ctx, {"name": "Acme"})
    deal = await new_deal(organization.ctx, account)
    people = [await create_contact(organization.ctx, account, {"name": name}) for name in ("Grace", "Kim")]
    for person in people:
        await add_stakeholder(organization.ctx, deal, NewStakeholder(person, []))
    ctx = Ctx(viewer=organization.ctx.viewer, now=LATER)
    return ActivityScenario(ctx, account, deal, *people)


async def new_deal(ctx: Ctx, account: UUID) -> UUID:
    """One more lead there."""
    return await create_opportunity(ctx, NewOpportunity(account, None, None), {"name": "Lead"})


async def log_call(ctx: Ctx, deal: UUID, **fields: Any) -> UUID:  # Any: fields of several kinds
    """Somebody logs a call."""
    return await log_activity(ctx, deal, NewActivity(**{**CALL, **fields}))


async def stored_rows(deal: UUID) -> tuple[object, ...]:
    """All rows that logging on a deal and correcting could change."""
    tables = [table.filter(opportunity_id=deal).order_by("id") for table in (Activity, Override)]
    people = ActivityContact.filter(activity__opportunity_id=deal).order_by("id")
    events = Event.filter(aggregateid=deal).order_by("pos")
    return tuple([await rows.values() for rows in (Opportunity.filter(id=deal), *tables, people, events)])


async def deal_row_without_health(id: UUID) -> dict[str, Any]:
    """The deal as stored, but for how well it does, which an activity may move."""
    row = (await Opportunity.filter(id=id).values())[0]
    return {name: value for name, value in row.items() if name not in ("health", "health_factors")}


async def recorded_events(deal: UUID) -> list[tuple[str, dict[str, Any]]]:
    """What was told of activities and debts on the deal, oldest first."""
    rows = await Event.filter(aggregateid=deal, at__gte=LATER).order_by("pos").values("type", "payload")
    return [(row["type"], row["payload"]) for row in rows]
