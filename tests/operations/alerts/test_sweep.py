"""The sweep: it updates what depends on the day, once, and keeps the version and updatedAt of deals."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import NOW, TestOrganization, new_organization
from tests.support.rows import create_deals_with_people
from tests.support.statements import statements
from tests.support.team import SalesTeam, event_payloads, import_deals, new_sales_team, override_all
from workflow.models import Milestone, Opportunity
from workflow.operations.alerts.sweep import BATCH_SIZE, SweepResult, sweep_organization
from workflow.operations.buyer.milestones import complete_milestone
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.triggers import WinDetails, progress, win
from workflow.operations.pricing.exchange_rates import set_exchange_rate
from workflow.operations.process.processes import preset
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import OpportunityState, WinReason
from workflow.rules.health.health import evaluate_health

S = OpportunityState
DEFAULT = preset("default")
EVIDENCE = "They signed the minutes of the workshop on Friday."


@pytest.fixture
async def team() -> SalesTeam:
    """Create a sales team with a deal in each state."""
    return await new_sales_team()


async def run_sweep(organization: TestOrganization, now: datetime) -> SweepResult:
    """Sweep at a time, and return the result."""
    done = SweepResult()
    await sweep_organization(replace(organization.ctx, now=now), done)
    return done


async def deal_rows(organization: TestOrganization) -> list[dict[str, Any]]:
    """Return the stored deals."""
    return await Opportunity.filter(organization_id=organization.id).order_by("id").values()


async def progressing_deal(team: SalesTeam) -> UUID:
    """Create a deal in PROGRESSING with its milestones, the first due in 14 days."""
    deal = await team.add_deal(S.QUALIFIED)
    await progress(team.ctx["admin"], deal, {}, override_all())
    return deal


async def statuses(deal: UUID) -> list[str]:
    """Return the deal's milestones in order."""
    rows = await Milestone.filter(opportunity_id=deal).order_by("position").values("status")
    return [row["status"] for row in rows]


async def test_changed_deals_are_written_with_one_statement(team: SalesTeam) -> None:
    updates = []
    for days, added in ((40, 1), (100, 20)):
        await import_deals(team.organization, dict.fromkeys((uuid4().hex for _ in range(added)), S.QUALIFIED))
        async with statements() as seen:
            swept = await run_sweep(team.organization, NOW + timedelta(days=days))
        assert swept.healths >= 3 + added
        updates.append(sum(text.startswith('UPDATE "opportunity"') for text in seen))

    assert updates == [1, 1]


async def test_a_sweep_stores_the_health_of_that_day(team: SalesTeam) -> None:
    later = NOW + timedelta(days=40)
    deals = [team.deals[state] for state in (S.LEAD, S.QUALIFIED, S.PROGRESSING)]
    before = await deal_rows(team.organization)

    done = await run_sweep(team.organization, later)

    facts = await load_facts(team.organization.id, deals, later)
    ruled = {id: evaluate_health(DEFAULT, facts[id], later).score for id in deals}
    after = await deal_rows(team.organization)
    assert {row["id"]: row["health"] for row in after if row["id"] in ruled} == ruled
    assert (done.deals, done.healths) == (3, 3)
    assert [row["health"] for row in after] != [row["health"] for row in before]


async def test_a_sweep_changes_only_health_columns(team: SalesTeam) -> None:
    before = await deal_rows(team.organization)

    await run_sweep(team.organization, NOW + timedelta(days=40))

    evaluated = {"health", "health_factors"}
    kept = [
        [{name: value for name, value in row.items() if name not in evaluated} for row in rows]
        for rows in (before, await deal_rows(team.organization))
    ]
    assert kept[0] == kept[1]


async def test_a_second_sweep_changes_nothing(team: SalesTeam) -> None:
    await progressing_deal(team)
    later = NOW + timedelta(days=40)
    await run_sweep(team.organization, later)
    before = await deal_rows(team.organization)

    again = await run_sweep(team.organization, later)

    assert (again.deals, again.healths, again.milestones, again.values) == (4, 0, 0, 0)
    assert await deal_rows(team.organization) == before


async def test_a_sweep_leaves_closed_deals_as_at_their_close(team: SalesTeam) -> None:
    closed = [team.deals[state] for state in (S.WON, S.LOST, S.DISQUALIFIED)]
    before = await Opportunity.filter(id__in=closed).order_by("id").values()

    await run_sweep(team.organization, NOW + timedelta(days=400))

    assert await Opportunity.filter(id__in=closed).order_by("id").values() == before


async def test_deals_without_stored_health_are_evaluated_open_or_closed(team: SalesTeam) -> None:
    before = await deal_rows(team.organization)
    emptied: Any = {"health": None, "health_factors": None, "closed_insight": None}
    await Opportunity.filter(organization_id=team.organization.id).update(**emptied)

    await run_sweep(team.organization, NOW)

    names = ("health", "closed_insight")
    after = await deal_rows(team.organization)
    assert [[row[name] for name in names] for row in after] == [
        [row[name] for name in names] for row in before
    ]


@pytest.mark.parametrize(("days", "expected"), [(20, "PLANNED"), (21, "MISSED")])
async def test_a_milestone_is_missed_a_week_after_its_due_date(
    team: SalesTeam, days: int, expected: str
) -> None:
    deal = await progressing_deal(team)

    done = await run_sweep(team.organization, NOW + timedelta(days=days))

    assert await statuses(deal) == [expected, "PLANNED", "PLANNED", "PLANNED", "PLANNED"]
    assert done.milestones == 2 * (expected == "MISSED")  # the team's own deal has such a milestone, too


async def test_a_missed_milestone_is_recorded_once_and_can_be_completed(team: SalesTeam) -> None:
    deal = await progressing_deal(team)
    later = NOW + timedelta(days=22)
    await run_sweep(team.organization, later)
    await run_sweep(team.organization, later + timedelta(days=1))
    [missed] = await Milestone.filter(opportunity_id=deal, status="MISSED").values("id")

    await complete_milestone(team.at("owner", later), missed["id"], evidence=EVIDENCE, expected_version=None)

    [payload] = await event_payloads(deal, "milestone.missed")
    assert payload["changes"] == {"status": {"old": "PLANNED", "new": "MISSED"}}
    assert payload["actor"] == {
        "kind": "MEMBER",
        "name": "Ada Admin",
        "memberId": str(team.organization.admin_id),
    }
    assert (await statuses(deal))[0] == "DONE"


async def test_milestones_are_missed_only_in_progressing(team: SalesTeam) -> None:
    deal = await progressing_deal(team)
    await win(team.ctx["admin"], deal, WinDetails(WinReason.SPEED), override_all())

    await run_sweep(team.organization, NOW + timedelta(days=100))

    assert set(await statuses(deal)) == {"PLANNED"}


async def test_concurrent_sweeps_record_a_missed_milestone_once(team: SalesTeam) -> None:
    deal = await progressing_deal(team)
    later = NOW + timedelta(days=22)

    done = await asyncio.gather(*(run_sweep(team.organization, later) for _ in range(5)))

    assert sum(one.milestones for one in done) == 2
    assert len(await event_payloads(deal, "milestone.missed")) == 1


async def test_an_exchange_rate_that_becomes_valid_revalues_open_deals_only(team: SalesTeam) -> None:
    admin = team.ctx["admin"]
    deals = [team.deals[S.LEAD], team.deals[S.PROGRESSING]]
    await set_exchange_rate(admin, "USD", Decimal("0.9"), date(2026, 1, 1))
    for id in deals:
        worth: Any = {"value": MoneyAmount(Decimal(100), "USD")}
        await update_opportunity(team.ctx["owner"], id, worth, expected_version=None)
    await win(admin, team.deals[S.PROGRESSING], WinDetails(WinReason.SPEED), override_all())
    await set_exchange_rate(admin, "USD", Decimal("0.8"), NOW.date() + timedelta(days=3))

    early, late = [await run_sweep(team.organization, NOW + timedelta(days=days)) for days in (2, 3)]

    assert (early.values, late.values) == (0, 1)
    assert await base_values(deals) == [8_000, 9_000]


async def base_values(deals: Sequence[UUID]) -> list[int]:
    """Return the deals' values in the base currency."""
    rows = {row["id"]: row["base_minor"] for row in await Opportunity.filter(id__in=list(deals)).values()}
    return [rows[id] for id in deals]


async def test_more_deals_than_a_batch_are_all_evaluated(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, BATCH_SIZE + 3, people=0)
    seen: list[int] = []

    async def count(so_far: SweepResult) -> None:
        seen.append(so_far.deals)

    done = SweepResult(on_progress=count)
    await sweep_organization(organization.ctx, done)

    assert (done.deals, seen) == (BATCH_SIZE + 3, [BATCH_SIZE, BATCH_SIZE + 3])
    assert not await Opportunity.filter(organization_id=organization.id, health=None).exists()


async def test_a_sweep_does_not_touch_another_organization(organization: TestOrganization) -> None:
    other = await new_organization()
    await create_deals_with_people(other, 1, people=0)
    before = await deal_rows(other)

    await run_sweep(organization, NOW + timedelta(days=50))

    assert await deal_rows(other) == before
