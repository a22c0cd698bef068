"""A deal with two contacts, for tests of activities."""

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
"""The time at which activities are logged."""
CALL: Mapping[str, Any] = {
    "kind": ActivityKind.CALL,
    "direction": ActivityDirection.OUTBOUND,
    "summary": "They lose two shifts a week to it.",
}


@dataclass(frozen=True)
class ActivityScenario:
    """An admin at LATER, with a lead, and Grace and Kim of its account as stakeholders."""

    ctx: Ctx
    account: UUID
    deal: UUID
    grace: UUID
    kim: UUID

    async def log_call(self, **fields: Any) -> UUID:  # Any: fields of several kinds
        """Return a new outbound call with these changes."""
        return await log_call(self.ctx, fields.pop("deal", self.deal), **fields)

    async def log_two_way_call(self, *contacts: UUID, **fields: Any) -> UUID:  # Any: as above
        """Log a two-way call, by default with Grace."""
        return await self.log_call(two_way=True, contact_ids=contacts or (self.grace,), **fields)

    async def correct(self, id: UUID, **fields: Any) -> UUID:  # Any: as above
        """Correct an activity."""
        changes: ActivityChanges = {**fields}  # type: ignore[typeddict-item]  # a test names what it changes
        return await correct_activity(self.ctx, id, changes)

    async def facts(self) -> OpportunityFacts:
        """Return the facts of the deal."""
        return (await load_facts(self.ctx.viewer.organization_id, [self.deal], self.ctx.now))[self.deal]

    async def coverage(self) -> tuple[str, str]:
        """Return the coverage of Grace and Kim."""
        facts = await self.facts()
        grace, kim = (coverage(facts.conversation_count(person)).value for person in facts.stakeholders)
        return grace, kim


async def new_activity_scenario(organization: TestOrganization) -> ActivityScenario:
    """Create the deal and its contacts, a day ago."""
    account = await create_account(organization.ctx, {"name": "Acme"})
    deal = await new_deal(organization.ctx, account)
    people = [await create_contact(organization.ctx, account, {"name": name}) for name in ("Grace", "Kim")]
    for person in people:
        await add_stakeholder(organization.ctx, deal, NewStakeholder(person, []))
    ctx = Ctx(viewer=organization.ctx.viewer, now=LATER)
    return ActivityScenario(ctx, account, deal, *people)


async def new_deal(ctx: Ctx, account: UUID) -> UUID:
    """Create another lead on the account."""
    return await create_opportunity(ctx, NewOpportunity(account, None, None), {"name": "Lead"})


async def log_call(ctx: Ctx, deal: UUID, **fields: Any) -> UUID:  # Any: fields of several kinds
    """Log a call."""
    return await log_activity(ctx, deal, NewActivity(**{**CALL, **fields}))


async def stored_rows(deal: UUID) -> tuple[object, ...]:
    """Return all rows that logging and correcting an activity could change."""
    tables = [table.filter(opportunity_id=deal).order_by("id") for table in (Activity, Override)]
    people = ActivityContact.filter(activity__opportunity_id=deal).order_by("id")
    events = Event.filter(aggregateid=deal).order_by("pos")
    return tuple([await rows.values() for rows in (Opportunity.filter(id=deal), *tables, people, events)])


async def deal_row_without_health(id: UUID) -> dict[str, Any]:
    """Return the stored deal without its health, which an activity may change."""
    row = (await Opportunity.filter(id=id).values())[0]
    return {name: value for name, value in row.items() if name not in ("health", "health_factors")}


async def recorded_events(deal: UUID) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of activities and overrides on the deal, oldest first."""
    rows = await Event.filter(aggregateid=deal, at__gte=LATER).order_by("pos").values("type", "payload")
    return [(row["type"], row["payload"]) for row in rows]
