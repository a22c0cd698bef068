"""Opportunities created, changed and deleted by clients: null clears, and a field left out stays."""

from typing import Any

import pytest

from schema.core.ids import encode
from tests.support.graphql import execute
from tests.support.organizations import TestOrganization
from workflow.operations.accounts.accounts import create_account
from workflow.rules.enums import Role

DEAL = """__typename ... on OpportunityChanged { opportunity { id name source value { amount currency }
  nextStep { text dueDate agreedWithBuyer } collaborators { id } owner { id } } } ... on NotFound { id }"""
CREATE = f"mutation($input: CreateOpportunityInput!) {{ createOpportunity(input: $input) {{ {DEAL} }} }}"
UPDATE = f"mutation($input: UpdateOpportunityInput!) {{ updateOpportunity(input: $input) {{ {DEAL} }} }}"
DELETE = """mutation($input: DeleteOpportunityInput!) { deleteOpportunity(input: $input) {
  __typename ... on Deleted { id opportunity { id } } } }"""
VALUE = {"amount": "1000.00", "currency": "EUR"}
STEP = {"text": "Send the offer", "dueDate": "2026-03-09", "agreedWithBuyer": True}


@pytest.fixture
async def helper(organization: TestOrganization) -> str:
    """The id of a member who works with the owner."""
    member_id = (await organization.ctx_of(Role.REP, "helper@example.com")).viewer.member_id
    assert member_id is not None
    return encode("Member", member_id)


@pytest.fixture
async def deal(organization: TestOrganization, helper: str) -> dict[str, Any]:
    """A deal with a value, a next step and a collaborator."""
    account = encode("Account", await create_account(organization.ctx, {"name": "Acme"}))
    given = {"name": "Roof", "accountId": account, "source": "Fair", "value": VALUE, "nextStep": STEP}
    created = await execute(organization.ctx, CREATE, input={**given, "collaboratorIds": [helper]})
    found: dict[str, Any] = created["createOpportunity"]["opportunity"]
    return found


async def update(organization: TestOrganization, deal: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Change the deal."""
    result: dict[str, Any] = (await execute(organization.ctx, UPDATE, input={"id": deal["id"], **changes}))[
        "updateOpportunity"
    ]
    return result


async def test_a_new_deal_is_returned_as_it_was_given(
    organization: TestOrganization, deal: dict[str, Any], helper: str
) -> None:
    assert (deal["name"], deal["source"], deal["value"], deal["nextStep"]) == ("Roof", "Fair", VALUE, STEP)
    assert (deal["owner"], deal["collaborators"]) == (
        {"id": encode("Member", organization.admin_id)},
        [{"id": helper}],
    )


async def test_a_field_that_is_left_out_stays(organization: TestOrganization, deal: dict[str, Any]) -> None:
    changed = await update(organization, deal, name="Wall")

    assert changed["opportunity"] == {**deal, "name": "Wall"}


async def test_null_clears_a_field_and_a_list(organization: TestOrganization, deal: dict[str, Any]) -> None:
    changed = await update(organization, deal, source=None, value=None, nextStep=None, collaboratorIds=None)

    assert changed["opportunity"] == {
        **deal,
        "source": None,
        "value": None,
        "nextStep": None,
        "collaborators": [],
    }


async def test_a_collaborator_must_be_a_member(organization: TestOrganization, deal: dict[str, Any]) -> None:
    assert await update(organization, deal, collaboratorIds=[deal["id"]]) == {
        "__typename": "NotFound",
        "id": deal["id"],
    }


async def test_a_deleted_deal_is_named_and_no_longer_found(
    organization: TestOrganization, deal: dict[str, Any]
) -> None:
    input = {"id": deal["id"], "reason": "Entered twice."}

    deleted = (await execute(organization.ctx, DELETE, input=input))["deleteOpportunity"]
    again = (await execute(organization.ctx, DELETE, input=input))["deleteOpportunity"]

    assert deleted == {"__typename": "Deleted", "id": deal["id"], "opportunity": None}
    assert again == {"__typename": "NotFound"}
