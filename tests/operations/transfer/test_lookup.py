"""The lookup of an import: members, contacts, accounts, processes and rates that its rows refer to."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.support.organizations import TestOrganization
from workflow.models import Contact, Member
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.pricing.exchange_rates import set_exchange_rate
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.lookup import ImportLookup, load_lookup
from workflow.operations.transfer.row import OWN_SYSTEM, ImportRow
from workflow.rules.enums import ActivityDirection, ActivityKind, ActorKind, Role
from workflow.rules.errors import InvalidInputError
from workflow.rules.transfer.document_parts import (
    ExportedActivity,
    ExportedActor,
    ExportedContact,
    ExportedStakeholder,
)
from workflow.rules.transfer.opportunity_document import OpportunityDocument

ROW = ImportRow(external_id="1", name="Pilot", account_name="Acme")
BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)


async def lookup(organization: TestOrganization, *rows: ImportRow, system: str = "crm") -> ImportLookup:
    return await load_lookup(organization.ctx, system, rows or (ROW,))


def with_contact(name: str, email: str | None = None) -> ImportRow:
    stakeholder = ExportedStakeholder(ExportedContact("Acme", name, email), BEGAN)
    return replace(ROW, document=OpportunityDocument(stakeholders=(stakeholder,)))


async def test_only_an_active_member_can_own_a_deal(organization: TestOrganization) -> None:
    await organization.ctx_of(Role.REP, "gone@example.com")
    await Member.filter(organization_id=organization.id, email="gone@example.com").update(active=False)

    found = await lookup(organization, with_contact("Grace"))

    assert found.active_member_id("ADMIN@example.com") == organization.admin_id
    with pytest.raises(InvalidInputError, match=r"'gone@example.com' is not an active member"):
        found.active_member_id("gone@example.com")
    assert found.member_id("Gone@example.com", "collaborators")
    with pytest.raises(InvalidInputError) as refusal:
        found.member_id("nobody@example.com", "risks", "0", "owner")
    assert refusal.value.fields[0].path == ("risks", "0", "owner")


async def test_a_contact_is_found_by_email_before_name_and_the_oldest_first(
    organization: TestOrganization,
) -> None:
    acme = await create_account(organization.ctx, {"name": "Acme"})
    oldest = await create_contact(organization.ctx, acme, {"name": "Grace"})
    youngest = await create_contact(organization.ctx, acme, {"name": "Grace", "email": "grace@example.com"})
    await Contact.filter(id=youngest).update(created_at=organization.ctx.now + timedelta(days=1))

    found = await lookup(organization, with_contact("Grace"))

    assert found.contact_id(ExportedContact(" ACME ", "grace", None)) == oldest
    assert found.contact_id(ExportedContact("Acme", "Grace", "Grace@Example.com")) == youngest
    with pytest.raises(InvalidInputError, match="no contact 'Grace' at 'Globex'"):
        found.contact_id(ExportedContact("Globex", "Grace"), "stakeholders")


async def test_an_unknown_account_is_planned_once(organization: TestOrganization) -> None:
    found = await lookup(organization)

    ids = {found.account_id(name) for name in ("Acme", "ACME", "acme")}

    assert found.new_accounts == {ids.pop(): "Acme"}
    assert ids == set()


async def test_a_value_is_converted_at_the_rate_of_its_day(organization: TestOrganization) -> None:
    for day, rate in ((date(2026, 1, 1), "0.5"), (date(2026, 2, 1), "0.8")):
        await set_exchange_rate(organization.ctx, "USD", Decimal(rate), day)
    found = await lookup(organization)
    dollars = MoneyAmount(Decimal("10.00"), "USD")

    assert found.value_columns(dollars, date(2026, 1, 31))["base_minor"] == 500
    assert found.value_columns(dollars, date(2026, 2, 1))["base_minor"] == 800
    assert found.value_columns(MoneyAmount(Decimal("10.00"), "EUR"), date(2025, 1, 1))["base_minor"] == 1000
    assert set(found.value_columns(None, date(2026, 1, 31)).values()) == {None}
    with pytest.raises(InvalidInputError, match="no exchange rate from USD to EUR valid on 2025-12-31"):
        found.value_columns(dollars, date(2025, 12, 31))


async def test_the_default_process_is_used_unless_a_known_one_is_named(
    organization: TestOrganization,
) -> None:
    found = await lookup(organization, with_contact("Grace"))

    assert found.process_by_key(None) == found.process_by_key("default") == found.default_process
    with pytest.raises(InvalidInputError, match="no process with the key 'nowhere'"):
        found.process_by_key("nowhere")


async def test_an_opportunity_is_found_by_its_key_and_an_own_one_by_its_id(
    organization: TestOrganization,
) -> None:
    [imported] = await import_rows(organization.ctx, "crm", [replace(ROW, owner_email="admin@example.com")])
    own = replace(ROW, external_id=str(imported.opportunity_id))

    by_key = await lookup(organization)
    by_id = await lookup(organization, own, system=OWN_SYSTEM)
    elsewhere = await lookup(organization, own, system="crm")

    assert by_key.existing["1"]["id"] == imported.opportunity_id
    assert by_key.last_rows["1"].opportunity_id == imported.opportunity_id
    assert by_id.existing[own.external_id]["id"] == imported.opportunity_id
    assert by_id.visible_ids == {imported.opportunity_id}
    assert elsewhere.existing == {}


async def test_the_keys_of_logged_activities_are_known(organization: TestOrganization) -> None:
    [imported] = await import_rows(organization.ctx, "crm", [replace(ROW, owner_email="admin@example.com")])
    assert imported.opportunity_id is not None
    call = NewActivity(
        ActivityKind.CALL, ActivityDirection.OUTBOUND, "They called", external_system="mail", external_id="1"
    )
    await log_activity(organization.ctx, imported.opportunity_id, call)

    same = ExportedActivity(
        kind=ActivityKind.CALL,
        direction=ActivityDirection.OUTBOUND,
        two_way=False,
        at=BEGAN,
        summary="They called",
        actor=ExportedActor(ActorKind.MEMBER, "Ann"),
        created_at=BEGAN,
        external_system="mail",
        external_id="1",
    )
    new = replace(same, external_id="2")

    found = await lookup(organization, replace(ROW, document=OpportunityDocument(activities=(same, new))))

    assert found.documents.activity_keys == {("mail", "1")}
