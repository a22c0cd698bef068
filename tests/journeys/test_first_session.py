"""A first session over HTTP: a lead is created, refused, assessed and qualified; another is disqualified."""

from typing import Any

from tests.support.organizations import TestOrganization
from tests.support.serving import Server

REFUSED = {"criterion.pain", "criterion.interest", "criterion.fit", "role.stakeholder", "field.next_step"}
QUALIFY = """mutation($input: QualifyOpportunityInput!) { qualifyOpportunity(input: $input) { __typename
  ... on TransitionSucceeded { dryRun target opportunity { state version }
    transition { id from to requirements { key status } } }
  ... on TransitionBlocked { overridable unmet { key explanation remedy test { fit } }
    opportunity { state version } }
  ... on Problem { code message } } }"""
DISQUALIFY = """mutation($input: DisqualifyOpportunityInput!) { disqualifyOpportunity(input: $input) {
  __typename ... on TransitionSucceeded { opportunity { state
    close { outcome disqualifyReason fromState } history { nodes { trigger } } } }
  ... on Problem { code message } } }"""
EVIDENCE = "The plant manager said on the phone that they lose two shifts a week to it."


async def test_a_lead_is_refused_with_all_five_reasons_then_assessed_and_qualified(
    server: Server, organization: TestOrganization
) -> None:
    deal, contact = await _lead(server, organization)

    refused = await _ask(server, organization, QUALIFY, {"id": deal})
    assert refused["__typename"] == "TransitionBlocked"
    assert {unmet["key"] for unmet in refused["unmet"]} == REFUSED
    assert all(unmet["explanation"] and unmet["remedy"] for unmet in refused["unmet"])
    assert refused["opportunity"] == {"state": "LEAD", "version": 1}

    await _stakeholder(server, organization, deal, contact)
    first = {
        "id": deal,
        "assessments": [
            {"criterion": key, "grade": "VALIDATED", "evidence": EVIDENCE}
            for key in ("pain", "interest", "fit")
        ],
        "nextStep": {"text": "Show the pilot", "dueDate": "2099-01-01"},
    }
    tried = await _ask(server, organization, QUALIFY, {**first, "dryRun": True})
    assert (tried["__typename"], tried["transition"], tried["opportunity"]["state"]) == (
        "TransitionSucceeded",
        None,
        "LEAD",
    )

    done = await _ask(server, organization, QUALIFY, first)
    assert (done["target"], done["opportunity"]) == ("QUALIFIED", {"state": "QUALIFIED", "version": 3})
    assert {kept["status"] for kept in done["transition"]["requirements"]} == {"MET"}


async def test_a_lead_that_is_not_worth_it_is_disqualified(
    server: Server, organization: TestOrganization
) -> None:
    deal, _ = await _lead(server, organization)

    short = await _ask(server, organization, DISQUALIFY, {"id": deal, "reason": "OTHER", "note": "no"})
    assert (short["__typename"], short["code"]) == ("InvalidInput", "INVALID_INPUT")

    done = await _ask(server, organization, DISQUALIFY, {"id": deal, "reason": "NO_PAIN"})
    close = {"outcome": "DISQUALIFIED", "disqualifyReason": "NO_PAIN", "fromState": "LEAD"}
    assert done["opportunity"] == {
        "state": "DISQUALIFIED",
        "close": close,
        "history": {"nodes": [{"trigger": "DISQUALIFY"}]},
    }

    again = await _ask(server, organization, QUALIFY, {"id": deal})
    assert (again["__typename"], again["code"]) == ("IllegalTransition", "ILLEGAL_TRANSITION")


async def _ask(
    server: Server, organization: TestOrganization, query: str, input: dict[str, Any]
) -> dict[str, Any]:
    body = await server.ask(organization.api_key, query, input=input)
    assert "errors" not in body, body
    (answer,) = body["data"].values()
    result: dict[str, Any] = answer
    return result


async def _lead(server: Server, organization: TestOrganization) -> tuple[str, str]:
    account = await _ask(
        server,
        organization,
        "mutation($input: CreateAccountInput!) { createAccount(input: $input) "
        "{ ... on AccountChanged { account { id } } } }",
        {"name": "Cancity"},
    )
    id = account["account"]["id"]
    contact = await _ask(
        server,
        organization,
        "mutation($input: CreateContactInput!) { createContact(input: $input) "
        "{ ... on ContactChanged { contact { id } } } }",
        {"accountId": id, "name": "Maria Plant"},
    )
    deal = await _ask(
        server,
        organization,
        "mutation($input: CreateOpportunityInput!) { createOpportunity(input: $input) "
        "{ ... on OpportunityChanged { opportunity { id state number version } } } }",
        {"name": "GTX Pro for the plant", "accountId": id},
    )
    assert deal["opportunity"] | {"id": ""} == {"id": "", "state": "LEAD", "number": 1, "version": 1}
    return deal["opportunity"]["id"], contact["contact"]["id"]


async def _stakeholder(server: Server, organization: TestOrganization, deal: str, contact: str) -> None:
    added = await _ask(
        server,
        organization,
        "mutation($input: AddStakeholderInput!) { addStakeholder(input: $input) "
        "{ __typename ... on StakeholderChanged "
        "{ stakeholder { coverage contact { name } } opportunity { version } } } }",
        {"opportunityId": deal, "contactId": contact, "roles": ["PROBLEM_OWNER"]},
    )
    assert added["stakeholder"] == {"coverage": "NONE", "contact": {"name": "Maria Plant"}}
