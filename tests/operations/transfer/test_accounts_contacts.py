"""Accounts and contacts of a file are matched with the existing ones."""

import pytest

from tests.support.organizations import TestOrganization
from workflow.models import Account, Contact
from workflow.operations.accounts.accounts import AccountChanges, create_account, create_contact
from workflow.operations.transfer.accounts_contacts import upsert_account, upsert_contact
from workflow.rules.enums import ImportOutcome
from workflow.rules.errors import InvalidInputError

KEY: AccountChanges = {"external_system": "crm", "external_id": "1"}


async def test_an_account_is_matched_by_external_id_before_domain_and_name(
    organization: TestOrganization,
) -> None:
    by_key = await create_account(organization.ctx, {"name": "Globex", **KEY})
    by_domain = await create_account(organization.ctx, {"name": "Initech", "domain": "acme.example"})
    await create_account(organization.ctx, {"name": "Acme"})

    first = await upsert_account(organization.ctx, {"name": "Acme", **KEY})
    second = await upsert_account(
        organization.ctx, {"name": "Acme", "domain": "acme.example", "country": "France"}
    )

    assert (first, second) == (ImportOutcome.UPDATED, ImportOutcome.UPDATED)
    assert (await Account.get(id=by_key)).name == "Acme"
    assert await Account.filter(id=by_domain).values_list("name", "country") == [("Acme", "France")]
    assert await Account.filter(organization_id=organization.id).count() == 3


async def test_an_account_with_another_external_id_is_not_matched_by_its_name(
    organization: TestOrganization,
) -> None:
    await create_account(organization.ctx, {"name": "Acme", **KEY})

    outcome = await upsert_account(
        organization.ctx, {"name": "Acme", "external_system": "crm", "external_id": "2"}
    )

    assert outcome is ImportOutcome.CREATED


async def test_the_oldest_account_of_a_name_is_updated_and_equal_values_change_nothing(
    organization: TestOrganization,
) -> None:
    oldest = await create_account(organization.ctx, {"name": "Acme"})
    await create_account(organization.ctx, {"name": "Acme"})

    outcomes = [
        await upsert_account(organization.ctx, {"name": "acme", "industry": "Retail"}) for _ in range(2)
    ]

    assert outcomes == [ImportOutcome.UPDATED, ImportOutcome.UNCHANGED]
    assert (await Account.get(id=oldest)).industry == "Retail"


async def test_a_contact_is_matched_within_its_account(organization: TestOrganization) -> None:
    acme = await create_account(organization.ctx, {"name": "Acme"})
    globex = await create_account(organization.ctx, {"name": "Globex"})
    await create_contact(organization.ctx, globex, {"name": "Grace", "email": "grace@example.com"})

    created = await upsert_contact(organization.ctx, "ACME", {"name": "Grace", "email": "grace@example.com"})
    updated = await upsert_contact(
        organization.ctx, "Acme", {"name": "G. Hopper", "email": "GRACE@example.com"}
    )

    assert (created, updated) == (ImportOutcome.CREATED, ImportOutcome.UPDATED)
    assert await Contact.filter(account_id=acme).values("name") == [{"name": "G. Hopper"}]
    assert await Contact.filter(account_id=globex).values("name") == [{"name": "Grace"}]


@pytest.mark.parametrize("name", ["Nobody", "a\x00b"])
async def test_a_contact_of_an_unknown_account_is_refused(organization: TestOrganization, name: str) -> None:
    with pytest.raises(InvalidInputError, match="Import the accounts first"):
        await upsert_contact(organization.ctx, name, {"name": "Grace"})
