"""Writing an import: numbers, events, and the evaluation of what was written."""

from dataclasses import replace
from datetime import timedelta

from tests.operations.transfer.test_import_rows import CREATED_AT, LEAD, WON, events, import_all, opportunity
from tests.support.organizations import TestOrganization
from workflow.models import Account, Event, ImportedRow, Opportunity
from workflow.rules.enums import ImportOutcome, RiskCategory, RiskStatus, Role
from workflow.rules.transfer.document_parts import ExportedRisk
from workflow.rules.transfer.opportunity_document import OpportunityDocument


async def test_new_opportunities_are_numbered_in_the_order_of_their_rows(
    organization: TestOrganization,
) -> None:
    await import_all(organization, *(replace(LEAD, external_id=key) for key in ("c", "a", "b")))

    mine = Opportunity.filter(organization_id=organization.id).order_by("number")
    assert await mine.values_list("number", "external_id") == [(1, "c"), (2, "a"), (3, "b")]


async def test_an_account_is_created_before_its_deals_with_one_event(organization: TestOrganization) -> None:
    await import_all(organization, LEAD, replace(LEAD, external_id="3", account_name="DUNDER"))

    assert await Account.filter(organization_id=organization.id).values_list("name", "version") == [
        ("Dunder", 1)
    ]
    recorded = Event.filter(organization_id=organization.id).order_by("pos")
    types = [row["type"] for row in await recorded.values("type")]
    assert types[-3:] == ["account.created", "opportunity.created", "opportunity.created"]


async def test_a_new_owner_is_written_and_recorded(organization: TestOrganization) -> None:
    rita = await organization.ctx_of(Role.REP, "rita@example.com")
    await import_all(organization, LEAD)

    [outcome] = await import_all(organization, replace(LEAD, owner_email="rita@example.com"))

    changed = await Opportunity.filter(id=(await opportunity(organization)).id).values("owner_id", "version")
    assert outcome.outcome is ImportOutcome.UPDATED
    assert changed == [{"owner_id": rita.viewer.member_id, "version": 2}]
    assert await events(organization) == ["opportunity.created", "opportunity.updated"]


async def test_the_imported_row_is_stored_for_the_next_import(organization: TestOrganization) -> None:
    await import_all(organization, replace(LEAD, source="fair"))
    await import_all(organization, replace(LEAD, name="Paper again"))

    [stored] = await ImportedRow.filter(organization_id=organization.id).values("external_id", "row")
    assert stored["external_id"] == "1"
    assert (stored["row"]["name"], stored["row"]["source"]) == ("Paper again", "fair")


async def test_an_edited_row_that_matches_the_deal_is_stored_without_an_event(
    organization: TestOrganization,
) -> None:
    await import_all(organization, LEAD)
    await Opportunity.filter(organization_id=organization.id).update(source="web")

    [outcome] = await import_all(organization, replace(LEAD, source="web"))

    [stored] = await ImportedRow.filter(organization_id=organization.id).values("row")
    assert (outcome.outcome, stored["row"]["source"]) == (ImportOutcome.UNCHANGED, "web")
    assert await events(organization) == ["opportunity.created"]


async def test_a_deal_with_a_document_is_evaluated_with_its_parts(organization: TestOrganization) -> None:
    later = CREATED_AT + timedelta(days=1)
    risk = ExportedRisk(RiskCategory.FINANCIAL, "It saves nothing", 5, 5, RiskStatus.CONFIRMED, later)
    with_risk = replace(LEAD, created_at=CREATED_AT, document=OpportunityDocument(risks=(risk,)))

    await import_all(organization, with_risk, WON)

    deal = await opportunity(organization)
    assert deal.risk_level == "CRITICAL"
    assert deal.health is not None
    assert (await opportunity(organization, "2")).closed_insight is not None
