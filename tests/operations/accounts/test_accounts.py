"""Creating and changing accounts and contacts."""

from decimal import Decimal

import pytest

from tests.support.organizations import TestOrganization
from workflow.models import Account, Contact, Event
from workflow.operations.accounts.accounts import (
    AccountChanges,
    create_account,
    create_contact,
    ensure_accounts,
    update_account,
    update_contact,
)
from workflow.operations.core.validation import MoneyAmount
from workflow.rules.errors import DuplicateError, InvalidInputError, NotFoundError, VersionConflictError


async def test_accounts_may_share_a_name_but_not_a_domain_or_an_external_id(
    organization: TestOrganization,
) -> None:
    key: AccountChanges = {"external_system": "crm", "external_id": "1"}
    first = await create_account(organization.ctx, {"name": "Acme", "domain": "acme.example", **key})

    second = await create_account(organization.ctx, {"name": "ACME"})
    for taken in ({"name": "Globex", "domain": "ACME.example"}, {"name": "Globex", **key}):
        with pytest.raises(DuplicateError) as refusal:
            await create_account(organization.ctx, taken)  # type: ignore[arg-type]  # both are fields of an account
        assert refusal.value.id == first

    assert first != second
    assert await Account.filter(organization_id=organization.id).count() == 2


async def test_an_account_keeps_its_own_domain_on_a_change(organization: TestOrganization) -> None:
    id = await create_account(organization.ctx, {"name": "Acme", "domain": "acme.example"})

    await update_account(
        organization.ctx, id, {"domain": "acme.example", "industry": "Retail"}, expected_version=1
    )

    assert await Account.filter(id=id).values_list("industry", "version") == [("Retail", 2)]


async def test_equal_values_write_nothing_and_record_no_event(organization: TestOrganization) -> None:
    id = await create_account(organization.ctx, {"name": "Acme", "attributes": {"tier": "A"}})

    await update_account(
        organization.ctx, id, {"name": " Acme ", "attributes": {"tier": "A"}}, expected_version=None
    )

    assert (await Account.get(id=id)).version == 1
    events = Event.filter(organization_id=organization.id, type__startswith="account.")
    assert [row["type"] for row in await events.values("type")] == ["account.created"]


async def test_every_fault_of_an_account_is_reported_at_once(organization: TestOrganization) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await create_account(organization.ctx, {"name": " ", "employee_count": -1, "domain": "no domain"})

    assert {field.path for field in refusal.value.fields} == {("name",), ("employeeCount",), ("domain",)}
    assert "`employeeCount` is -1." in refusal.value.message


async def test_the_revenue_is_cleared_with_its_currency(organization: TestOrganization) -> None:
    revenue = MoneyAmount(Decimal("12.50"), "EUR")
    id = await create_account(organization.ctx, {"name": "Acme", "annual_revenue": revenue})
    columns = ("annual_revenue_minor", "annual_revenue_currency")
    assert await Account.filter(id=id).values_list(*columns) == [(1250, "EUR")]

    await update_account(organization.ctx, id, {"annual_revenue": None}, expected_version=None)

    assert await Account.filter(id=id).values_list(*columns) == [(None, None)]


async def test_missing_accounts_are_created_all_or_none(organization: TestOrganization) -> None:
    await create_account(organization.ctx, {"name": "Acme", "industry": "Retail"})

    with pytest.raises(InvalidInputError, match="'Globex'"):
        await ensure_accounts(
            organization.ctx, [{"name": "Initech"}, {"name": "Globex", "employee_count": -1}]
        )
    await ensure_accounts(organization.ctx, [{"name": "ACME", "industry": "Steel"}, {"name": "Initech"}])

    mine = Account.filter(organization_id=organization.id).order_by("name")
    assert await mine.values_list("name", "industry") == [("Acme", "Retail"), ("Initech", None)]


async def test_a_contact_needs_an_account_and_an_expected_version(organization: TestOrganization) -> None:
    account = await create_account(organization.ctx, {"name": "Acme"})
    contact = await create_contact(organization.ctx, account, {"name": "Grace", "email": "Grace@Example.com"})

    with pytest.raises(NotFoundError):
        await create_contact(organization.ctx, contact, {"name": "Kim"})
    with pytest.raises(VersionConflictError):
        await update_contact(organization.ctx, contact, {"title": "CFO"}, expected_version=2)

    assert await Contact.filter(id=contact).values_list("email", "title") == [("grace@example.com", None)]


async def test_the_message_of_a_duplicate_contact_names_its_external_id(
    organization: TestOrganization,
) -> None:
    account = await create_account(organization.ctx, {"name": "Acme"})
    contact = await create_contact(
        organization.ctx, account, {"name": "Grace", "external_system": "crm", "external_id": "1"}
    )

    with pytest.raises(DuplicateError, match="contact with this external system and external id") as refusal:
        await create_contact(
            organization.ctx, account, {"name": "Kim", "external_system": "crm", "external_id": "1"}
        )

    assert (refusal.value.kind, refusal.value.id) == ("Contact", contact)
