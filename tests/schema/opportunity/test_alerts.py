"""Alerts over GraphQL: their list, their deal, bulk answers and the subscription."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from schema.core.ids import encode
from tests.support.organizations import NOW
from tests.support.scenarios.alerts import run_sweep
from tests.support.serving import Server
from tests.support.subscription_clients import TIMEOUT, open_stream
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Alert, Opportunity
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.people.members import update_member
from workflow.rules.enums import Grade, OpportunityState, Role, Visibility

DAY = timedelta(days=1)
LIST = """query($filter: AlertFilter, $order: [AlertOrder!], $first: Int, $after: String) {
  alerts(filter: $filter, orderBy: $order, first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage }
    nodes { id code severity status subject message remedy opportunity { id } firstSeenAt } } }"""
ON_DEALS = """query($status: [AlertStatus!]! = [OPEN]) { opportunities(first: 20) {
  nodes { id alerts { code severity } now: alerts(status: $status) { code } } } }"""
ACKNOWLEDGE = """mutation($ids: [ID!]!) { acknowledgeAlerts(input: {ids: $ids, note: "I know"}) {
  __typename ... on AlertSummary { succeeded failed rows { id problem { code } alert { status note
  acknowledgedBy { name } } } } } }"""
SNOOZE = """mutation($ids: [ID!]!, $until: DateTime!) { snoozeAlerts(input: {ids: $ids, until: $until}) {
  __typename ... on AlertSummary { rows { alert { status snoozedUntil } } } ... on InvalidInput { fields {
  path message } } } }"""
CHANGED = (
    "subscription($filter: AlertFilter) "
    "{ alertChanged(filter: $filter) { code severity status opportunity { id } } }"
)
DISPROVED = [NewAssessment("pain", Grade.DISPROVED)]


@pytest.fixture
async def sales_team() -> AsyncIterator[SalesTeam]:
    """A sales team whose buyers have been silent for twenty days."""
    sales_team = await new_sales_team()
    await run_sweep(sales_team, NOW + 20 * DAY)
    yield sales_team


async def list_alerts(server: Server, sales_team: SalesTeam, **variables: Any) -> dict[str, Any]:
    """Return a page of alerts, read as the admin."""
    body = await server.ask(sales_team.organization.api_key, LIST, **variables)
    found: dict[str, Any] = body["data"]["alerts"]
    return found


async def stored(sales_team: SalesTeam, **wanted: Any) -> list[dict[str, Any]]:
    """Return the stored alerts."""
    return await Alert.filter(organization_id=sales_team.organization.id, **wanted).values()


async def test_the_worst_come_first_and_pages_hold_them_all(server: Server, sales_team: SalesTeam) -> None:
    everything = await stored(sales_team)
    page = await list_alerts(server, sales_team, first=5)
    nodes = list(page["nodes"])
    while page["pageInfo"]["hasNextPage"]:
        page = await list_alerts(server, sales_team, first=5, after=page["pageInfo"]["endCursor"])
        nodes += page["nodes"]

    ranks = [("ADVICE", "WARNING", "CRITICAL").index(node["severity"]) for node in nodes]
    assert ranks == sorted(ranks, reverse=True)
    assert len(nodes) == len({node["id"] for node in nodes}) == page["totalCount"] == len(everything) > 5


async def test_filters_return_matching_alerts(server: Server, sales_team: SalesTeam) -> None:
    deal = sales_team.deals[OpportunityState.QUALIFIED]
    owner = sales_team.member("owner")
    team = (await Opportunity.filter(id=deal).values("owner__team_id"))[0]["owner__team_id"]
    await Alert.filter(opportunity_id=deal, code="SINGLE_THREADED").update(status="RESOLVED")
    found = {}
    for name, filter in {
        "code": {"code": ["NO_BUYER_ACTIVITY"]},
        "severity": {"severity": ["CRITICAL"]},
        "deal": {"opportunityId": [encode("Opportunity", deal)]},
        "resolved": {"status": ["RESOLVED"]},
        "owner": {"ownerId": [encode("Member", owner)]},
        "nobody": {"ownerId": [encode("Member", sales_team.member("manager"))]},
        "team": {"teamId": [encode("Team", team)]},
        "nothing": {"code": []},
    }.items():
        found[name] = await list_alerts(server, sales_team, filter=filter, first=100)

    everything = (await list_alerts(server, sales_team, first=100))["nodes"]
    assert {node["code"] for node in found["code"]["nodes"]} == {"NO_BUYER_ACTIVITY"}
    assert {node["severity"] for node in found["severity"]["nodes"]} == {"CRITICAL"}
    assert {node["opportunity"]["id"] for node in found["deal"]["nodes"]} == {encode("Opportunity", deal)}
    assert [node["code"] for node in found["resolved"]["nodes"]] == ["SINGLE_THREADED"]
    assert found["owner"]["nodes"] == found["team"]["nodes"] == everything
    assert found["nobody"]["nodes"] == found["nothing"]["nodes"] == []


async def test_an_order_is_kept_and_a_subject_is_an_id_or_a_key(
    server: Server, sales_team: SalesTeam
) -> None:
    page = await list_alerts(
        server, sales_team, order=[{"field": "FIRST_SEEN", "direction": "DESC"}, {"field": "SEVERITY"}]
    )
    roles = await list_alerts(server, sales_team, filter={"code": ["ROLE_MISSING"]})
    due = await list_alerts(server, sales_team, filter={"code": ["MILESTONE_DUE"]})

    seen = [node["firstSeenAt"] for node in page["nodes"]]
    assert seen == sorted(seen, reverse=True)
    assert {node["subject"] for node in roles["nodes"]} == {
        "CHAMPION",
        "ECONOMIC_BUYER|DECISION_MAKER|APPROVER",
    }
    assert all(node["remedy"] == "addStakeholder" for node in roles["nodes"])
    [subject] = [node["subject"] for node in due["nodes"]]
    body = await server.ask(
        sales_team.organization.api_key, "query($id: ID!) { node(id: $id) { __typename } }", id=subject
    )
    assert body["data"]["node"] == {"__typename": "Milestone"}


async def test_alerts_of_a_deal_are_listed_worst_first(server: Server, sales_team: SalesTeam) -> None:
    body = await server.ask(sales_team.organization.api_key, ON_DEALS)

    nodes = {node["id"]: node for node in body["data"]["opportunities"]["nodes"]}
    deal = nodes[encode("Opportunity", sales_team.deals[OpportunityState.PROGRESSING])]
    ranks = [("CRITICAL", "WARNING", "ADVICE").index(one["severity"]) for one in deal["alerts"]]
    assert ranks == sorted(ranks) and "SINGLE_THREADED" in {one["code"] for one in deal["alerts"]}
    assert [one["code"] for one in deal["now"]] == [one["code"] for one in deal["alerts"]]
    assert nodes[encode("Opportunity", sales_team.deals[OpportunityState.WON])]["alerts"] == []


async def test_a_bulk_answer_has_a_result_per_alert(server: Server, sales_team: SalesTeam) -> None:
    ids = [
        encode("Alert", row["id"])
        for row in await stored(sales_team, opportunity_id=sales_team.deals[OpportunityState.QUALIFIED])
    ]
    key = await sales_team.organization.key(Role.REP, "sam@example.com")

    body = await server.ask(key, ACKNOWLEDGE, ids=[*ids, "nothing"])

    summary = body["data"]["acknowledgeAlerts"]
    assert (summary["succeeded"], summary["failed"]) == (len(ids), 1)
    assert [row["id"] for row in summary["rows"]] == [*ids, "nothing"]
    assert summary["rows"][-1] == {"id": "nothing", "problem": {"code": "NOT_FOUND"}, "alert": None}
    assert {row["alert"]["status"] for row in summary["rows"][:-1]} == {"ACKNOWLEDGED"}


async def test_a_snooze_has_an_end(server: Server, sales_team: SalesTeam) -> None:
    [alert] = await stored(
        sales_team, opportunity_id=sales_team.deals[OpportunityState.QUALIFIED], code="NO_NEXT_STEP"
    )
    until, far = [(datetime.now(UTC) + timedelta(days=days)).isoformat() for days in (3, 40)]

    done = await server.ask(
        sales_team.organization.api_key, SNOOZE, ids=[encode("Alert", alert["id"])], until=until
    )
    refused = await server.ask(
        sales_team.organization.api_key, SNOOZE, ids=[encode("Alert", alert["id"])], until=far
    )

    [row] = done["data"]["snoozeAlerts"]["rows"]
    assert row["alert"]["status"] == "SNOOZED"
    assert refused["data"]["snoozeAlerts"]["fields"][0]["path"] == ["until"]


async def test_a_subscriber_receives_alerts_that_match_before_or_after_a_change(
    server: Server, sales_team: SalesTeam
) -> None:
    deal = sales_team.deals[OpportunityState.LEAD]
    received: list[dict[str, Any]] = []
    async with (
        server.client(sales_team.organization.api_key) as client,
        open_stream(client, CHANGED, filter={"code": ["DISQUALIFY_PROPOSED"]}) as events,
    ):
        for grade, facts in ((Grade.DISPROVED, 2), (Grade.IDENTIFIED, 1)):
            received += await _received(events, sales_team, deal, grade, facts)

    about = {
        "code": "DISQUALIFY_PROPOSED",
        "severity": "CRITICAL",
        "opportunity": {"id": encode("Opportunity", deal)},
    }
    assert received == [{**about, "status": status} for status in ("OPEN", "OPEN", "RESOLVED")]


async def _received(
    events: AsyncIterator[Any], sales_team: SalesTeam, deal: UUID, grade: Grade, facts: int
) -> list[dict[str, Any]]:
    """Disprove the pain; return the events of the proposal to disqualify, which is escalated at once."""
    said = [NewAssessment("pain", grade)]
    await assess_criteria(
        sales_team.at("admin", datetime.now(UTC)), deal, said, pain_since=None, expected_version=None
    )
    async with asyncio.timeout(TIMEOUT):
        return [(await anext(events))["data"]["alertChanged"] for _ in range(facts)]


async def test_alerts_of_hidden_deals_are_not_received(server: Server, sales_team: SalesTeam) -> None:
    key = await sales_team.organization.key(Role.REP, "stranger@example.com")
    await update_member(
        sales_team.organization.ctx, sales_team.member("stranger"), {"visibility": Visibility.OWN}
    )
    body = await server.ask(key, LIST)
    own = await sales_team.add_deal(OpportunityState.LEAD)
    async with server.client(key) as client, open_stream(client, CHANGED) as events:
        for deal in (sales_team.deals[OpportunityState.LEAD], own):
            if deal == own:
                await Opportunity.filter(id=own).update(owner_id=sales_team.member("stranger"))
            ctx = sales_team.at("admin", datetime.now(UTC))
            await assess_criteria(ctx, deal, DISPROVED, pain_since=None, expected_version=None)
        async with asyncio.timeout(TIMEOUT):
            event = await anext(events)

    assert body["data"]["alerts"]["totalCount"] == 0
    assert event["data"]["alertChanged"]["opportunity"] == {"id": encode("Opportunity", own)}
