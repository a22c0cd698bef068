"""Lists inside accounts: a page of accounts answers like each account, with one statement for each table."""

from typing import Any

import pytest

from tests.support.graphql import execute, execute_with_errors
from tests.support.organizations import TestOrganization
from tests.support.rows import create_deals_with_people
from tests.support.statements import statements
from workflow.models import Opportunity

SIZES = (2, 5)
DEAL = "id number name account { name } owner { name }"
NESTED = """contacts(first: 2) { totalCount nodes { name } pageInfo { endCursor hasNextPage } }
    opportunities(first: 2) { totalCount nodes { name
        history(first: 3) { nodes { trigger } } activities(first: 1) { totalCount nodes { id } } } }"""
SELECTIONS = {
    "first pages": NESTED,
    "an order": "opportunities(first: 2, orderBy: [{field: NAME, direction: DESC}, {field: VALUE}]) "
    f"{{ edges {{ cursor node {{ {DEAL} }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor }} }}",
    "a filter": f'opportunities(filter: {{open: true, text: "1"}}) {{ totalCount nodes {{ {DEAL} }} }}',
    "the last rows": "contacts(last: 1) { totalCount nodes { name } pageInfo { hasPreviousPage } }",
    "an alias": "a: contacts(first: 1) { nodes { name } } b: contacts(first: 3) { nodes { name } }",
    "a bad size": "opportunities(first: 101) { nodes { id } }",
}


@pytest.fixture
async def accounts(organization: TestOrganization) -> list[str]:
    """Accounts with three contacts each: one has three deals, some have one or none. One has no contacts."""
    families = await create_deals_with_people(organization, max(SIZES) - 1, people=3)
    moved = [family.deal.id for family in families[1:3]]
    await Opportunity.filter(id__in=moved).update(account_id=families[0].account.id)
    page = await execute(organization.ctx, "{ accounts(first: 50) { nodes { id } } }")
    return [account["id"] for account in page["accounts"]["nodes"]]


@pytest.mark.parametrize("selection", SELECTIONS.values(), ids=SELECTIONS)
async def test_a_page_of_accounts_answers_like_each_account(
    organization: TestOrganization, accounts: list[str], selection: str
) -> None:
    query = f"query($id: ID!) {{ account(id: $id) {{ id {selection} }} }}"
    page = f"{{ accounts(first: 50) {{ nodes {{ id {selection} }} }} }}"

    found = await ask(organization, page)

    alone = [await ask(organization, query, id=id) for id in accounts]
    errors = [message for one in alone for message in one["errors"]]
    rows = [one["data"] and one["data"]["account"] for one in alone]
    # Lists are not null, so an error in one leaves no page.
    data = None if errors else {"accounts": {"nodes": rows}}
    assert (found["data"], set(found["errors"])) == (data, set(errors))


async def test_a_page_of_accounts_takes_the_same_statements_whatever_its_size(
    organization: TestOrganization, accounts: list[str]
) -> None:
    taken = {}
    for size in SIZES:
        async with statements() as seen:
            await execute(organization.ctx, f"{{ accounts(first: {size}) {{ nodes {{ {NESTED} }} }} }}")
        taken[size] = seen.by_table()

    assert taken[2] == taken[5]
    # The totals of the deals are a statement of their own.
    assert {table: count for table, count in taken[5].items() if count > 1} == {"opportunity": 2}


async def test_the_pages_continue_at_their_cursors(
    organization: TestOrganization, accounts: list[str]
) -> None:
    contacts = "contacts(first: 2) { nodes { name } pageInfo { endCursor hasNextPage } }"
    pages = f"{{ accounts(first: 1) {{ nodes {{ id {contacts} }} }} }}"
    rest = """query($id: ID!, $after: String) { account(id: $id) {
        contacts(first: 2, after: $after) { nodes { name } pageInfo { hasNextPage } } } }"""
    [account] = (await execute(organization.ctx, pages))["accounts"]["nodes"]

    place = account["contacts"]["pageInfo"]
    answer = await execute(organization.ctx, rest, id=account["id"], after=place["endCursor"])
    found = answer["account"]["contacts"]

    names = [one["name"] for one in account["contacts"]["nodes"] + found["nodes"]]
    assert (len(names), names) == (3, sorted(set(names)))
    assert (place["hasNextPage"], found["pageInfo"]["hasNextPage"]) == (True, False)


async def ask(organization: TestOrganization, query: str, **variables: Any) -> dict[str, Any]:
    """Return the data and the messages of the errors."""
    return await execute_with_errors(organization.ctx, query, **variables)
