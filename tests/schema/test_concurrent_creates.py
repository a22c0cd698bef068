"""Concurrent creations of the same record over HTTP: one succeeds, and the others get its record."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

AT_ONCE = 20
CREATE = """mutation($input: %s!) { %s(input: $input) { __typename
  ... on %s { %s { id } } ... on Duplicate { existing { id } } } }"""
ACCOUNT = ("CreateAccountInput", "createAccount", "AccountChanged", "account")
CONTACT = ("CreateContactInput", "createContact", "ContactChanged", "contact")
OPPORTUNITY = ("CreateOpportunityInput", "createOpportunity", "OpportunityChanged", "opportunity")
STAKEHOLDER = ("AddStakeholderInput", "addStakeholder", "StakeholderChanged", "stakeholder")
ACTIVITY = ("LogActivityInput", "logActivity", "ActivityChanged", "activity")
KEY = {"externalSystem": "crm", "externalId": "1"}


@pytest.fixture
async def parent_ids(client: httpx.AsyncClient) -> dict[str, Any]:
    """An account, a contact there and a lead."""
    account = (await create(client, ACCOUNT, {"name": "Cancity"}))["account"]["id"]
    contact = (await create(client, CONTACT, {"name": "Maria", "accountId": account}))["contact"]["id"]
    lead = (await create(client, OPPORTUNITY, {"name": "GTX Pro", "accountId": account}))["opportunity"]["id"]
    return {"accountId": account, "contactId": contact, "opportunityId": lead}


@pytest.mark.parametrize(
    ("kind", "wanted", "given"),
    [
        (ACCOUNT, (), {"name": "Cancity", "domain": "cancity.example"}),
        (ACCOUNT, (), {"name": "Cancity", **KEY}),
        (CONTACT, ("accountId",), {"name": "Maria", **KEY}),
        (OPPORTUNITY, ("accountId",), {"name": "GTX Pro", **KEY}),
        (STAKEHOLDER, ("opportunityId", "contactId"), {"roles": []}),
        (
            ACTIVITY,
            ("opportunityId",),
            {"kind": "CALL", "direction": "INBOUND", "summary": "They called", **KEY},
        ),
    ],
    ids=["domain", "account", "contact", "opportunity", "stakeholder", "activity"],
)
async def test_of_many_concurrent_creates_one_succeeds_and_the_others_get_the_existing_record(
    client: httpx.AsyncClient,
    parent_ids: dict[str, Any],
    kind: tuple[str, str, str, str],
    wanted: tuple[str, ...],
    given: dict[str, Any],
) -> None:
    input = given | {name: parent_ids[name] for name in wanted}

    answers = await asyncio.gather(*(create(client, kind, input) for _ in range(AT_ONCE)))

    assert Counter(answer["__typename"] for answer in answers) == {kind[2]: 1, "Duplicate": AT_ONCE - 1}
    assert len({answer["existing" if "existing" in answer else kind[3]]["id"] for answer in answers}) == 1


async def create(
    client: httpx.AsyncClient, kind: tuple[str, str, str, str], input: dict[str, Any]
) -> dict[str, Any]:
    """Return the answer to one attempt."""
    body = (
        await client.post("/graphql", json={"query": CREATE % kind, "variables": {"input": input}})
    ).json()
    assert "errors" not in body, body
    answer: dict[str, Any] = body["data"][kind[1]]
    return answer
