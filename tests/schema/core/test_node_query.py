"""The queries node and nodes: any visible object by its id, and never one of another type or organization."""

import pytest

from schema.core.ids import encode
from tests.support.graphql import execute, execute_with_errors
from tests.support.organizations import TestOrganization, new_organization
from workflow.operations.accounts.accounts import create_account, create_contact

NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }"
ACCOUNT = "query($id: ID!) { account(id: $id) { id } contact(id: $id) { id } opportunity(id: $id) { id } }"


async def test_objects_are_returned_in_the_order_of_their_ids(organization: TestOrganization) -> None:
    account = await create_account(organization.ctx, {"name": "Acme"})
    contact = await create_contact(organization.ctx, account, {"name": "Grace"})
    ids = [
        encode("Contact", contact),
        "x",
        encode("Account", account),
        encode("Organization", organization.id),
    ]

    nodes = (await execute(organization.ctx, NODES, ids=ids))["nodes"]

    assert [node and node["__typename"] for node in nodes] == ["Contact", None, "Account", "Organization"]
    assert [node["id"] for node in nodes if node] == [ids[0], ids[2], ids[3]]


async def test_another_organization_and_its_objects_are_null(organization: TestOrganization) -> None:
    other = await new_organization()
    account = await create_account(other.ctx, {"name": "Acme"})
    ids = [encode("Organization", other.id), encode("Account", account), encode("Member", other.admin_id)]

    assert (await execute(organization.ctx, NODES, ids=ids))["nodes"] == [None, None, None]


async def test_an_id_of_another_type_finds_nothing(organization: TestOrganization) -> None:
    account = await create_account(organization.ctx, {"name": "Acme"})
    id = encode("Account", account)

    found = await execute(organization.ctx, ACCOUNT, id=id)

    assert found == {"account": {"id": id}, "contact": None, "opportunity": None}


@pytest.mark.parametrize(("count", "errors"), [(100, 0), (101, 1)])
async def test_at_most_100_ids_are_allowed(organization: TestOrganization, count: int, errors: int) -> None:
    found = await execute_with_errors(organization.ctx, NODES, ids=["x"] * count)

    assert found["errors"] == ["`ids` has 101 ids; at most 100 are allowed. Split the request."] * errors
