"""The lifecycle of alerts: opened by a write or by time, updated, snoozed, and resolved with their cause."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.alerts import (
    DAY,
    SILENCE,
    alerts_of,
    log_call,
    only_alert,
    run_sweep,
    silence_events,
)
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Alert, Member, Opportunity, Team
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.opportunity.alert_responses import acknowledge_alerts
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import disqualify
from workflow.rules.enums import (
    BuyingRole,
    DisqualifyReason,
    Grade,
    OpportunityState,
)
from workflow.rules.errors import PermissionDeniedError


@pytest.fixture
async def team() -> AsyncIterator[SalesTeam]:
    """Create a sales team."""
    yield await new_sales_team()


@pytest.fixture
async def deal(team: SalesTeam) -> UUID:
    """Import a deal in QUALIFIED."""
    return await team.add_deal(OpportunityState.QUALIFIED)


async def test_a_sweep_opens_and_raises_an_alert_and_a_write_resolves_it(team: SalesTeam, deal: UUID) -> None:
    for days in (6, 7, 13, 14, 15):
        await run_sweep(team, NOW + days * DAY)
    risen = await only_alert(deal)
    await log_call(team, deal, NOW + 16 * DAY)
    gone = await only_alert(deal)
    await run_sweep(team, NOW + 24 * DAY)

    assert (risen["severity"], risen["status"], risen["first_seen_at"]) == ("CRITICAL", "OPEN", NOW + 7 * DAY)
    assert (risen["severity_since"], risen["last_seen_at"]) == (NOW + 14 * DAY, NOW + 15 * DAY)
    assert (gone["status"], gone["resolved_at"] >= NOW + 16 * DAY) == ("RESOLVED", True)
    assert [row["status"] for row in await alerts_of(deal, SILENCE)] == ["RESOLVED", "OPEN"]
    opened = {"old": None, "new": "OPEN"}
    assert await silence_events(deal) == [
        ("alert.opened", {"status": opened, "severity": {"old": None, "new": "WARNING"}}),
        ("alert.opened", {"severity": {"old": "WARNING", "new": "CRITICAL"}}),
        ("alert.resolved", {"status": {"old": "OPEN", "new": "RESOLVED"}}),
        ("alert.opened", {"status": opened, "severity": {"old": None, "new": "WARNING"}}),
    ]


async def test_a_second_sweep_changes_nothing_but_when_it_was_last_seen(team: SalesTeam, deal: UUID) -> None:
    at = NOW + 20.5 * DAY
    await run_sweep(team, at)
    before = await Alert.filter(opportunity_id=deal).order_by("id").values()
    deals = await Opportunity.filter(id=deal).values()

    again = await run_sweep(team, at + timedelta(seconds=1))

    after = await Alert.filter(opportunity_id=deal).order_by("id").values()
    assert again.alerts == 0 and len(before) > 2
    assert [{**row, "last_seen_at": None} for row in after] == [
        {**row, "last_seen_at": None} for row in before
    ]
    assert {row["last_seen_at"] for row in after} == {at + timedelta(seconds=1)}
    assert await Opportunity.filter(id=deal).values() == deals


async def test_two_concurrent_sweeps_open_each_alert_once(team: SalesTeam, deal: UUID) -> None:
    await asyncio.gather(*(run_sweep(team, NOW + 20 * DAY) for _ in range(4)))

    rows = await Alert.filter(opportunity_id=deal).values("code", "subject")
    assert len({tuple(row.values()) for row in rows}) == len(rows) > 2


async def test_a_write_opens_and_resolves_its_alerts_at_once(team: SalesTeam, deal: UUID) -> None:
    ctx = team.at("owner", NOW + DAY)
    step: Any = {"next_step_text": "Call", "next_step_due": (NOW + 3 * DAY).date(), "next_step_agreed": False}

    await update_opportunity(ctx, deal, {"name": "Touched"}, expected_version=None)
    before = await only_alert(deal, "NO_NEXT_STEP")
    await Opportunity.filter(id=deal).update(**step)
    await update_opportunity(ctx, deal, {"name": "Touched again"}, expected_version=None)

    assert (before["severity"], (await only_alert(deal, "NO_NEXT_STEP"))["status"]) == (
        "CRITICAL",
        "RESOLVED",
    )


async def test_an_unanswered_critical_alert_is_escalated(team: SalesTeam, deal: UUID) -> None:
    """The alert is CRITICAL on Monday the 16th, and escalated three business days later, on Thursday."""
    days = {}
    for day in (14, 16, 17):
        await run_sweep(team, NOW + day * DAY)
        days[day] = (await only_alert(deal))["escalated_to_id"]

    assert days == {14: None, 16: None, 17: team.member("manager")}


async def test_escalation_skips_managers_who_left_or_own_the_deal(team: SalesTeam, deal: UUID) -> None:
    [owner] = await Member.filter(id=team.member("owner")).values("team_id")
    above = await Team.create(
        organization_id=team.organization.id, name="Above", manager_id=team.member("admin"), created_at=NOW
    )
    await Team.filter(id=owner["team_id"]).update(parent_id=above.id)
    await Member.filter(id=team.member("manager")).update(active=False)
    for day in (14, 17):
        await run_sweep(team, NOW + day * DAY)
    to_admin = (await only_alert(deal))["escalated_to_id"]

    assert to_admin == team.member("admin")


async def test_an_alert_without_a_manager_above_waits_for_one(team: SalesTeam, deal: UUID) -> None:
    [owner] = await Member.filter(id=team.member("owner")).values("team_id")
    await Team.filter(id=owner["team_id"]).update(manager_id=None)
    for day in (14, 20):
        await run_sweep(team, NOW + day * DAY)
    before = (await only_alert(deal))["escalated_to_id"]
    await Team.filter(id=owner["team_id"]).update(manager_id=team.member("manager"))
    await run_sweep(team, NOW + 21 * DAY)

    assert (before, (await only_alert(deal))["escalated_to_id"]) == (None, team.member("manager"))


async def test_four_weeks_of_silence_propose_to_disqualify_and_a_manager_decides(
    team: SalesTeam, deal: UUID
) -> None:
    for day in (14, 27, 28):
        await run_sweep(team, NOW + day * DAY)
    proposal = await only_alert(deal, "DISQUALIFY_PROPOSED")
    weighs = [(await Opportunity.filter(id=deal).values("disqualify_proposed"))[0]["disqualify_proposed"]]
    answers = []
    for who in ("owner", "helper", "manager"):
        [done] = await acknowledge_alerts(
            team.at(who, NOW + 29 * DAY), [proposal["id"]], "They come back in May"
        )
        answers.append(type(done.problem))
    weighs.append((await Opportunity.filter(id=deal).values("disqualify_proposed"))[0]["disqualify_proposed"])

    assert (proposal["first_seen_at"], proposal["severity"]) == (NOW + 28 * DAY, "CRITICAL")
    assert proposal["escalated_to_id"] == team.member("manager")
    assert answers == [PermissionDeniedError, PermissionDeniedError, type(None)]
    assert weighs == [True, False]


async def test_an_acknowledged_proposal_reopens_with_a_new_cause(team: SalesTeam, deal: UUID) -> None:
    said = [NewAssessment("pain", Grade.DISPROVED)]
    await assess_criteria(team.at("owner", NOW + DAY), deal, said, pain_since=None, expected_version=None)
    proposal = await only_alert(deal, "DISQUALIFY_PROPOSED")
    await acknowledge_alerts(team.at("manager", NOW + 2 * DAY), [proposal["id"]], None)
    statuses = []
    for day in (13, 15):
        await run_sweep(team, NOW + day * DAY)
        statuses.append((await only_alert(deal, "DISQUALIFY_PROPOSED"))["status"])

    assert statuses == ["ACKNOWLEDGED", "OPEN"]


async def test_a_close_resolves_every_alert_of_the_deal(team: SalesTeam, deal: UUID) -> None:
    await run_sweep(team, NOW + 20 * DAY)

    await disqualify(team.at("owner", NOW + 21 * DAY), deal, DisqualifyReason.NO_PAIN, TransitionOptions())

    assert {row["status"] for row in await Alert.filter(opportunity_id=deal).values("status")} == {"RESOLVED"}


async def test_a_second_stakeholder_resolves_the_single_threaded_alert(team: SalesTeam, deal: UUID) -> None:
    account = (await Opportunity.filter(id=deal).values("account_id"))[0]["account_id"]
    ctx = team.at("owner", NOW + DAY)
    found = []
    for name, role in (("Grace", BuyingRole.CHAMPION), ("Kim", BuyingRole.APPROVER)):
        contact = await create_contact(ctx, account, {"name": name})
        await add_stakeholder(ctx, deal, NewStakeholder(contact, [role]))
        found.append((await only_alert(deal, "SINGLE_THREADED"))["status"])

    assert found == ["OPEN", "RESOLVED"]
