"""A database, a server and an organization with everything that mutations work on."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from schema.core.ids import encode
from tests.support.admin_fixtures import create_target, create_webhooks, open_alert
from tests.support.organizations import TestOrganization, new_organization
from tests.support.serving import Server, serving
from workflow.models import Milestone, Mitigation
from workflow.models.engine.database import open_database
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.competitors import NewCompetitor, add_competitor
from workflow.operations.buyer.milestones import NewMilestone, add_milestone, complete_milestone
from workflow.operations.buyer.mitigations import NewMitigation, add_mitigation
from workflow.operations.buyer.risks import NewRisk, raise_risk, settle_risk
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, disqualify, lose, reopen
from workflow.operations.people.api_keys import NewApiKey, create_api_key
from workflow.operations.people.members import NewMember, create_member, update_member
from workflow.operations.people.teams import create_team
from workflow.operations.process.processes import preset, publish
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import LEFT_OUT, ImportRow
from workflow.rules.enums import (
    ActivityDirection,
    ActivityKind,
    BuyingRole,
    CompetitorKind,
    DisqualifyReason,
    Grade,
    LossReason,
    MilestoneSide,
    MitigationKind,
    OpportunityState,
    RiskCategory,
    RiskSettlement,
    Role,
)


@dataclass(frozen=True)
class MutationFixtures:
    """An organization with its API keys by role, and ids by name."""

    url: str
    server: Server
    keys: Mapping[str, str]
    ids: Mapping[str, str]

    async def ask(self, who: str, query: str, input: Mapping[str, Any]) -> dict[str, Any]:
        """Return the field of a mutation's answer, with an id in place of every `$name`."""
        body = await self.server.ask(self.keys[who], query, input=replace_names(input, self.ids))
        assert "errors" not in body, body
        [answer] = body["data"].values()
        answer_fields: dict[str, Any] = answer
        return answer_fields


@asynccontextmanager
async def mutation_fixtures(url: str) -> AsyncIterator[MutationFixtures]:
    """Yield the fixtures on a migrated database that no other test uses."""
    async with serving(url) as server:
        yield await create_mutation_fixtures(url, server)


async def create_mutation_fixtures(url: str, server: Server) -> MutationFixtures:
    """Create another organization with all fixtures, and one that is foreign to it."""
    async with open_database(url, all_contexts=False):
        organization = await new_organization()
        strangers = await new_organization()
        keys = {
            "admin": organization.api_key,
            "observer": await organization.key(Role.OBSERVER, "olga@example.com"),
            "stranger": strangers.api_key,
        }
        return MutationFixtures(url, server, keys, await create_fixtures(organization))


async def create_fixtures(organization: TestOrganization) -> dict[str, str]:
    """Create a lead that lacks only what QUALIFY records first, and a closed deal."""
    ctx = organization.ctx
    await publish(ctx, replace(preset("default"), key="other"))
    account = await create_account(ctx, {"name": "Acme"})
    lonely = await create_account(ctx, {"name": "Rival", "domain": "taken.example"})
    place = NewOpportunity(account, None, None)
    await create_opportunity(ctx, place, {"name": "Taken", "external_system": "crm", "external_id": "taken"})
    await create_contact(ctx, account, {"name": "Taken", "external_system": "crm", "external_id": "taken"})
    named = ("Maria Plant", "Kim Known", "Quinn Quoted")
    people = [await create_contact(ctx, account, {"name": name}) for name in named]
    lead = await create_opportunity(ctx, place, {"name": "Lead"})
    known, quoted = [await _stakeholder(organization, lead, person) for person in people[1:]]
    said = NewAssessment("budget", Grade.IDENTIFIED, said_by_id=quoted)
    await assess_criteria(ctx, lead, [said], pain_since=None, expected_version=None)
    return {
        **await _open_deals(organization),
        **await _closed(organization, place, people[1]),
        **await _deal_parts(organization, lead, people[1]),
        **await _members_and_teams(organization),
        "account": encode("Account", account),
        "lonely": encode("Account", lonely),
        "contact": encode("Contact", people[0]),
        "known": encode("Contact", people[1]),
        "lead": encode("Opportunity", lead),
        "leadTaken": f"taken {lead}",
        "stakeholder": encode("Stakeholder", known),
        "quoted": encode("Stakeholder", quoted),
        "nobody": encode("Member", uuid4()),
    }


async def _members_and_teams(organization: TestOrganization) -> dict[str, str]:
    """Create two teams, a deactivated member, and a key."""
    ctx = organization.ctx
    north, south = [await create_team(ctx, {"name": name}) for name in ("North", "South")]
    gone = await create_member(ctx, NewMember("Gil Gone", "gil.gone@example.com", Role.REP))
    await update_member(ctx, gone, {"active": False})
    key = await create_api_key(ctx, NewApiKey("Sync", Role.INTEGRATOR))
    return {
        "owner": encode("Member", organization.admin_id),
        "gone": encode("Member", gone),
        "team": encode("Team", north),
        "south": encode("Team", south),
        "apiKey": encode("ApiKey", key.id),
        **await create_webhooks(organization),
    }


async def _closed(organization: TestOrganization, place: NewOpportunity, contact: UUID) -> dict[str, str]:
    """Create a closed deal, with one part of each kind."""
    deal = await create_opportunity(organization.ctx, place, {"name": "Closed"})
    person = await _stakeholder(organization, deal, contact)
    parts = {"stakeholder": encode("Stakeholder", person), **await _deal_parts(organization, deal, contact)}
    await disqualify(organization.ctx, deal, DisqualifyReason.NO_PAIN, TransitionOptions())
    closed = {f"closed{name[0].upper()}{name[1:]}": id for name, id in parts.items()}
    return {"closed": encode("Opportunity", deal), **closed}


async def _deal_parts(organization: TestOrganization, deal: UUID, contact: UUID) -> dict[str, str]:
    """Create one part of each kind on a deal."""
    ctx = organization.ctx
    rival = await _rival(organization, deal)
    risk = await raise_risk(ctx, deal, NewRisk(RiskCategory.TIME, "It takes too long", 2, 2))
    await add_mitigation(ctx, risk, NewMitigation(MitigationKind.PILOT, "Show it in a week"))
    settled = await raise_risk(ctx, deal, NewRisk(RiskCategory.TIME, "It took too long", 1, 1))
    await settle_risk(ctx, settled, RiskSettlement.CLOSED, reason="It did not.", expected_version=None)
    step = await add_milestone(ctx, deal, NewMilestone("They saw it work"))
    done = await add_milestone(ctx, deal, NewMilestone("We showed it", MilestoneSide.SELLER))
    await complete_milestone(ctx, done, evidence=None, expected_version=None)
    taken = {"external_system": "crm", "external_id": f"taken {deal}"}
    call = NewActivity(
        ActivityKind.CALL, ActivityDirection.OUTBOUND, "They called", True, None, [contact], **taken
    )
    activity = await log_activity(ctx, deal, call)
    mitigation = (await Mitigation.filter(risk_id=risk).values("id"))[0]["id"]
    return {
        "competitor": encode("Competitor", rival),
        "risk": encode("Risk", risk),
        "settledRisk": encode("Risk", settled),
        "mitigation": encode("Mitigation", mitigation),
        "milestone": encode("Milestone", step),
        "doneMilestone": encode("Milestone", done),
        "activity": encode("Activity", activity),
    }


async def _open_deals(organization: TestOrganization) -> dict[str, str]:
    """Create a seller with a deal in each state that an import may set."""
    ctx = await organization.ctx_of(Role.REP, "sam.seller@example.com")
    assert ctx.viewer.member_id
    states = (OpportunityState.QUALIFIED, OpportunityState.PROGRESSING, OpportunityState.LOST)
    rows = [
        ImportRow(
            external_id=state,
            name=state,
            account_name="Acme",
            owner_email="sam.seller@example.com",
            state=state,
            closed_on=date(2026, 3, 1) if state is OpportunityState.LOST else LEFT_OUT,
        )
        for state in states
    ]
    outcomes = await import_rows(organization.ctx, "elsewhere", rows)
    deals = {
        row.external_id.lower(): encode("Opportunity", row.opportunity_id)
        for row in outcomes
        if row.opportunity_id
    }
    progressing = [row.opportunity_id for row in outcomes if row.external_id == OpportunityState.PROGRESSING]
    step = (await Milestone.filter(opportunity_id__in=progressing).order_by("position").values("id"))[0]["id"]
    [again] = await import_rows(
        organization.ctx, "elsewhere", [replace(rows[0], external_id="again", name="Again")]
    )
    assert again.opportunity_id
    winner = encode("Competitor", await _lost_then_reopened(organization, again.opportunity_id))
    people = {"seller": encode("Member", ctx.viewer.member_id), "winner": winner}
    warned = {
        **await create_target(organization, ctx.viewer.member_id),
        **await open_alert(organization, deals["qualified"]),
    }
    return {**people, **warned, "sellersMilestone": encode("Milestone", step), **deals}


async def _lost_then_reopened(organization: TestOrganization, deal: UUID) -> UUID:
    """Create the competitor to whom the deal was lost before it was reopened."""
    rival = await _rival(organization, deal)
    await lose(organization.ctx, deal, LossDetails(LossReason.LOST_TO_COMPETITOR, rival), TransitionOptions())
    await reopen(
        organization.ctx, deal, OpportunityState.LEAD, {}, TransitionOptions(note="They called us again.")
    )
    return rival


async def _rival(organization: TestOrganization, deal: UUID) -> UUID:
    return await add_competitor(organization.ctx, deal, NewCompetitor(CompetitorKind.VENDOR, "Globex"))


async def _stakeholder(organization: TestOrganization, deal: UUID, contact: UUID) -> UUID:
    new = NewStakeholder(contact_id=contact, roles=[BuyingRole.PROBLEM_OWNER])
    return await add_stakeholder(organization.ctx, deal, new)


def replace_names(value: Any, ids: Mapping[str, str]) -> Any:
    """Return the value with every `$name` in it replaced by its id."""
    if isinstance(value, Mapping):
        return {name: replace_names(part, ids) for name, part in value.items()}
    if isinstance(value, list):
        return [replace_names(part, ids) for part in value]
    return ids[value[1:]] if isinstance(value, str) and value.startswith("$") else value
