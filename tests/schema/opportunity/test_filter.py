"""Every condition of the filter for opportunities matches the right deals, on both databases."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from schema.core.ids import encode
from schema.opportunity.filter import OpportunityFilterInput
from tests.support.fixtures import replace_names
from tests.support.organizations import TestOrganization
from tests.support.rows import deal_row, row_defaults
from tests.support.serving import Server
from workflow.models import (
    Account,
    Alert,
    Collaborator,
    Competitor,
    Contact,
    Member,
    Objective,
    Opportunity,
    Stakeholder,
    Team,
)
from workflow.models.columns import new_id
from workflow.rules.enums import Role

LATER = datetime(2026, 5, 1, 12, tzinfo=UTC)
FULL: dict[str, Any] = {
    "name": "Straße 50%_off",
    "number": 700,
    "external_system": "crm",
    "external_id": "d-1",
    "type": "UPSELL",
    "source": "Fair",
    "description": "Two sites",
    "value_minor": 100_000,
    "value_currency": "EUR",
    "base_minor": 100_000,
    "expected_close_date": date(2026, 6, 1),
    "next_step_text": "Call",
    "next_step_due": date(2026, 4, 1),
    "purchase_process": "TENDER",
    "decision_date": date(2026, 5, 1),
    "compelling_event": "The lease ends",
    "state": "DISQUALIFIED",
    "forecast_category": "OMITTED",
    "state_since": LATER,
    "created_at": LATER,
    "updated_at": LATER,
    "closed_on": date(2026, 5, 1),
    "closed_from": "LEAD",
    "disqualify_reason": "NO_FIT",
    "health": 70,
    "risk_level": "HIGH",
}
MISSING = [
    *("VALUE", "EXPECTED_CLOSE_DATE", "NEXT_STEP", "DESCRIPTION", "PURCHASE_PROCESS", "DECISION_DATE"),
    *("COMPELLING_EVENT", "COMPETITORS", "OBJECTIVES"),
]
AROUND = {"from": "2026-05-01T12:00:00Z", "to": "2026-05-01T14:00:00+02:00"}
DAY = {"from": "2026-05-01", "to": "2026-05-01"}
JUNE = {"from": "2026-06-01", "to": "2026-06-30"}
CASES: list[tuple[Any, str]] = [
    ({}, "full lead won"),
    ({"ids": ["$full", "x", "$account"]}, "full"),
    ({"ids": []}, ""),
    ({"numbers": [700, 2**31 - 1]}, "full"),
    ({"externalSystem": "crm"}, "full"),
    ({"externalIds": ["d-1"]}, "full"),
    ({"state": ["WON", "LOST"]}, "won"),
    ({"state": []}, ""),
    ({"open": True}, "lead"),
    ({"open": False}, "full won"),
    ({"ownerId": ["$owner"]}, "full"),
    ({"collaboratorId": ["$helper"]}, "full"),
    ({"teamId": ["$team"]}, "full"),
    ({"accountId": ["$account"]}, "full"),
    ({"processId": ["$process"]}, "full lead won"),
    ({"processId": ["$account"]}, ""),
    ({"type": ["UPSELL"]}, "full"),
    ({"source": ["Fair", "fair"]}, "full"),
    ({"forecastCategory": ["CLOSED"]}, "won"),
    ({"value": {"min": "1000", "max": "1000.00"}}, "full"),
    ({"value": {"min": "1000.001"}}, ""),
    ({"value": {"max": "999.999"}}, ""),
    ({"expectedCloseDate": JUNE}, "full"),
    ({"createdAt": AROUND}, "full"),
    ({"updatedAt": AROUND}, "full"),
    ({"stateSince": AROUND}, "full"),
    ({"closedOn": DAY}, "full"),
    ({"health": {"min": 70, "max": 70}}, "full"),
    ({"health": {"max": 69}}, ""),
    ({"riskLevel": ["HIGH"]}, "full"),
    ({"winReason": ["SPEED"]}, "won"),
    ({"lossReason": ["PRICE"]}, ""),
    ({"disqualifyReason": ["NO_FIT"]}, "full"),
    ({"competitorName": ["Rival"]}, "full"),
    ({"alertSeverity": ["CRITICAL"]}, "full"),
    ({"alertSeverity": ["ADVICE"]}, ""),
    ({"alertCode": ["STATE_AGE", "FIT_LOST"]}, "full"),
    ({"alertCode": ["FIT_LOST"], "alertSeverity": ["CRITICAL"]}, ""),
    ({"alertCode": []}, ""),
    *[({"missing": [field]}, "lead won") for field in MISSING],
    ({"missing": []}, ""),
    ({"text": "STRASSE"}, "full"),
    ({"text": "0%_o"}, "full"),
    ({"text": "%"}, "full"),
    ({"text": "_"}, "full"),
    ({"text": "\\"}, ""),
    ({"text": "big buyer"}, "full"),
    ({"text": "maría"}, "full"),
    ({"text": "700"}, "full"),
    ({"anyOf": [{"state": ["LEAD"]}, {"winReason": ["SPEED"]}]}, "lead won"),
    ({"anyOf": []}, ""),
    ({"not": {}}, ""),
    ({"not": {"riskLevel": ["HIGH"]}}, "lead won"),
    ({"not": {"not": {"source": ["Fair"]}}}, "full"),
    ({"open": True, "not": {"state": ["LEAD"]}}, ""),
]
ASK = (
    "query($x: OpportunityFilter) "
    "{ opportunities(filter: $x, orderBy: [{ field: NUMBER }]) { totalCount nodes { id } } }"
)


@pytest.fixture
async def ids(organization: TestOrganization) -> dict[str, str]:
    """Three deals: one with everything, a bare lead, and a won one; ids by name."""
    place = await row_defaults(organization)
    await organization.key(Role.REP, "helper@example.com")
    helper = await Member.get(email="helper@example.com", organization_id=organization.id)
    team, owner, account, contact = await _others(organization.id)
    full = deal_row(place, **{**FULL, "account_id": account.id, "owner_id": owner.id})
    lead = deal_row(place, name="Lead", number=701)
    closed = {"closed_on": date(2026, 3, 1), "closed_from": "PROGRESSING", "win_reason": "SPEED"}
    won = deal_row(place, name="Won", number=702, state="WON", forecast_category="CLOSED", **closed)
    await Opportunity.bulk_create([full, lead, won])
    await _add_parts(full, contact, helper)
    named = [
        ("Opportunity", "full", full.id),
        ("Opportunity", "lead", lead.id),
        ("Opportunity", "won", won.id),
    ]
    named += [("Member", "owner", owner.id), ("Member", "helper", helper.id), ("Team", "team", team.id)]
    named += [("Account", "account", account.id), ("SalesProcess", "process", place.process_id)]
    return {name: str(encode(kind, id)) for kind, name, id in named}


async def _others(organization_id: UUID) -> tuple[Team, Member, Account, Contact]:
    """Create a team, an owner in it, an account and its contact."""
    own: Any = {"organization_id": organization_id, "created_at": LATER}
    team = await Team.create(id=new_id(), name="South", **own)
    about: Any = {
        "name": "Olga",
        "email": "o@example.com",
        "role": "REP",
        "visibility": "ALL",
        "active": True,
    }
    owner = await Member.create(id=new_id(), team_id=team.id, **about, **own)
    new: Any = {"version": 1, "updated_at": LATER, "attributes": {}, **own}
    account = await Account.create(id=new_id(), name="Big Buyer", name_folded="big buyer", **new)
    contact = await Contact.create(
        id=new_id(), account_id=account.id, name="María", name_folded="maría", **new
    )
    return team, owner, account, contact


async def _add_parts(deal: Opportunity, contact: Contact, helper: Member) -> None:
    """Create a record of each part of a deal."""
    own: Any = {"id": new_id(), "opportunity_id": deal.id, "organization_id": deal.organization_id}  # type: ignore[attr-defined]
    seen: Any = {"severity_since": LATER, "first_seen_at": LATER, "last_seen_at": LATER}
    words: Any = {"influence": "UNKNOWN", "attitude": "UNKNOWN", "buying_style": "UNKNOWN", "roles": []}
    await Collaborator.create(member_id=helper.id, **own)
    await Alert.create(
        code="STATE_AGE",
        subject="",
        message="Long",
        status="OPEN",
        rank=3,
        severity="CRITICAL",
        **seen,
        **own,
    )
    await Alert.create(
        code="FIT_LOST",
        subject="",
        message="Gone",
        status="RESOLVED",
        rank=1,
        severity="ADVICE",
        **seen,
        **own | {"id": new_id()},
    )
    await Competitor.create(kind="VENDOR", name="Rival", standing="ACTIVE", created_at=LATER, **own)
    await Objective.create(position=1, text="Save time", **own)
    await Stakeholder.create(contact_id=contact.id, is_primary=False, created_at=LATER, **words, **own)


async def test_a_filter_returns_matching_deals_only(
    ids: dict[str, str], server: Server, organization: TestOrganization
) -> None:
    names = {id: name for name, id in ids.items()}
    wrong = []
    for filter, expected in CASES:
        found = await _names_matching(server, organization, filter, ids)
        matching = " ".join(names[node["id"]] for node in found["nodes"])
        if matching != expected or found["totalCount"] != len(expected.split()):
            wrong.append((filter, expected, matching, found["totalCount"]))

    assert wrong == []


def test_every_filter_condition_is_tested() -> None:
    tried = {name for filter, _ in CASES for name in filter}

    definition = OpportunityFilterInput.__strawberry_definition__  # type: ignore[attr-defined]
    fields = {field.graphql_name or field.python_name for field in definition.fields}
    assert {name.replace("_", "").lower() for name in fields} == {name.lower() for name in tried}


async def test_an_account_lists_its_own_deals_only(
    ids: dict[str, str], server: Server, organization: TestOrganization
) -> None:
    ask = (
        "query($id: ID!, $x: OpportunityFilter) "
        "{ account(id: $id) { opportunities(filter: $x) { totalCount nodes { id } } } }"
    )
    found = []
    for filter in ({}, {"open": True}, {"accountId": [ids["account"]]}, {"accountId": [ids["team"]]}):
        body = await server.ask(organization.api_key, ask, id=ids["account"], x=filter)
        found.append(body["data"]["account"]["opportunities"])

    one = {"totalCount": 1, "nodes": [{"id": ids["full"]}]}
    none = {"totalCount": 0, "nodes": []}
    assert found == [one, none, one, none]


async def _names_matching(
    server: Server, organization: TestOrganization, filter: Any, ids: dict[str, str]
) -> Any:
    body = await server.ask(organization.api_key, ASK, x=replace_names(filter, ids))
    assert "errors" not in body, (filter, body["errors"])
    return body["data"]["opportunities"]
