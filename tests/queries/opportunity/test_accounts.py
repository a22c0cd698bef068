"""Lists of accounts and contacts, and their filter."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import pytest

from tests.support.organizations import TestOrganization
from workflow.models.columns import new_id
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.queries.opportunity.accounts import (
    AccountFilter,
    accounts,
    accounts_by_id,
    contacts,
    count_accounts,
    count_contacts,
)
from workflow.queries.paging import Window


@pytest.fixture
async def ids(organization: TestOrganization) -> Mapping[str, UUID]:
    """Two accounts, of which one has an external key, with a contact each."""
    ctx = organization.ctx
    acme = await create_account(
        ctx, {"name": "acme", "domain": "acme.example", "external_system": "erp", "external_id": "1"}
    )
    beta = await create_account(ctx, {"name": "Beta", "external_system": "crm", "external_id": "1"})
    await create_contact(ctx, acme, {"name": "Grace", "email": "grace@acme.example"})
    await create_contact(ctx, beta, {"name": "Émile"})
    return {"acme": acme, "beta": beta}


async def named(organization: TestOrganization, filter: AccountFilter) -> list[str]:
    """Names of the accounts that match, counted alike."""
    viewer = organization.ctx.viewer
    page = await accounts(viewer, filter, Window(10))
    assert len(page.rows) == await count_accounts(viewer, filter)
    return [row.name for row in page.rows]


async def people(organization: TestOrganization, filter: AccountFilter) -> list[str]:
    """Names of the contacts that match, counted alike."""
    viewer = organization.ctx.viewer
    page = await contacts(viewer, filter, Window(10))
    assert len(page.rows) == await count_contacts(viewer, filter)
    return [row.name for row in page.rows]


async def test_the_order_of_names_ignores_case(
    organization: TestOrganization, ids: Mapping[str, UUID]
) -> None:
    assert await named(organization, AccountFilter()) == ["acme", "Beta"]


async def test_conditions_are_joined_by_and_and_values_by_or(
    organization: TestOrganization, ids: Mapping[str, UUID]
) -> None:
    assert await named(organization, AccountFilter(external_ids=("1", "2"))) == ["acme", "Beta"]
    assert await named(organization, AccountFilter(external_system="erp", external_ids=("1",))) == ["acme"]
    assert await named(organization, AccountFilter(ids=(ids["acme"], ids["beta"]), text="BE")) == ["Beta"]
    assert await named(organization, AccountFilter(ids=())) == []


async def test_domains_and_emails_match_in_any_case(
    organization: TestOrganization, ids: Mapping[str, UUID]
) -> None:
    assert await named(organization, AccountFilter(domains=("ACME.example",))) == ["acme"]
    assert await people(organization, AccountFilter(emails=("Grace@Acme.Example",))) == ["Grace"]


async def test_contacts_are_found_by_account_and_by_name_in_any_script(
    organization: TestOrganization, ids: Mapping[str, UUID]
) -> None:
    assert await people(organization, AccountFilter(account_id=(ids["beta"],))) == ["Émile"]
    assert await people(organization, AccountFilter(text="éMI")) == ["Émile"]


async def test_another_organization_has_none_of_them(
    organization: TestOrganization, ids: Mapping[str, UUID]
) -> None:
    stranger = replace(organization.ctx.viewer, organization_id=new_id())

    assert await accounts_by_id(stranger, list(ids.values())) == {}
    assert (await contacts(stranger, AccountFilter(), Window(10))).rows == ()
