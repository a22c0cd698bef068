"""The contact that an imported row names."""

from uuid import UUID

import pytest

from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Contact, Opportunity, Stakeholder
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.transfer.row_contact import ensure_row_stakeholder
from workflow.rules.enums import OpportunityState


@pytest.fixture
async def team() -> SalesTeam:
    return await new_sales_team()


async def stakeholders(deal: UUID) -> list[tuple[str, list[str]]]:
    """Return the name and the roles of each stakeholder."""
    rows = Stakeholder.filter(opportunity_id=deal).order_by("created_at", "id")
    return [(row["contact__name"], row["roles"]) for row in await rows.values("contact__name", "roles")]


async def test_a_named_contact_becomes_a_stakeholder_once(team: SalesTeam) -> None:
    deal = team.deals[OpportunityState.LEAD]
    contact = {"name": "Grace", "email": "Grace@Example.com", "role": "champion; decision maker, boss"}

    problems = [await ensure_row_stakeholder(team.ctx["admin"], deal, contact) for _ in range(2)]

    assert problems == [None, None]
    assert await stakeholders(deal) == [("Grace", ["CHAMPION", "DECISION_MAKER"])]
    contacts = Contact.filter(organization_id=team.organization.id)
    assert await contacts.values("email") == [{"email": "grace@example.com"}]


async def test_a_contact_with_an_email_is_not_matched_by_its_name(team: SalesTeam) -> None:
    deal = team.deals[OpportunityState.LEAD]
    account = (await Opportunity.filter(id=deal).values("account_id"))[0]["account_id"]
    await create_contact(team.ctx["admin"], account, {"name": "Grace"})

    await ensure_row_stakeholder(team.ctx["admin"], deal, {"name": "GRACE"})
    await ensure_row_stakeholder(team.ctx["admin"], deal, {"name": "Grace", "email": "other@example.com"})

    assert [name for name, _ in await stakeholders(deal)] == ["Grace", "Grace"]
    assert await Contact.filter(account_id=account).count() == 2


async def test_a_row_without_a_contact_adds_none(team: SalesTeam) -> None:
    deal = team.deals[OpportunityState.LEAD]

    assert await ensure_row_stakeholder(team.ctx["admin"], deal, {"title": "CFO"}) is None

    assert await stakeholders(deal) == []


async def test_the_contact_of_a_closed_deal_is_created_but_is_not_a_stakeholder(team: SalesTeam) -> None:
    deal = team.deals[OpportunityState.WON]

    assert await ensure_row_stakeholder(team.ctx["admin"], deal, {"name": "Grace"}) is None

    assert await Contact.filter(organization_id=team.organization.id, name="Grace").count() == 1
    assert await stakeholders(deal) == []


async def test_a_refused_contact_is_reported_and_not_raised(team: SalesTeam) -> None:
    deal = team.deals[OpportunityState.LEAD]

    problem = await ensure_row_stakeholder(
        team.ctx["admin"], deal, {"name": "Grace", "email": "not an address"}
    )

    assert problem is not None and "e-mail" in problem
    assert await stakeholders(deal) == []
