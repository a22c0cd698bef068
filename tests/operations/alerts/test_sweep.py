"""The sweep: what follows from the day alone is brought up to it, once, and no deal looks as if somebody had written on it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW, TestOrganization, new_organization
from tests.support.rows import families
from tests.support.team import Crew, forced, new_crew, told
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
async def crew() -> Crew:
    """People, and a deal in each state."""
    return await new_crew()


async def swept(organization: TestOrganization, now: datetime) -> SweepResult:
    """What a sweep at that time did."""
    done = SweepResult()
    await sweep_organization(replace(organization.ctx, now=now), done)
    return done


async def rows_of(organization: TestOrganization) -> list[dict[str, Any]]:
    """Every deal as stored."""
    return await Opportunity.filter(organization_id=organization.id).order_by("id").values()


async def under_way(crew: Crew) -> UUID:
    """A deal in PROGRESSING with its milestones, the first due in 14 days."""
    deal = await crew.deal(S.QUALIFIED)
    await progress(crew.ctx["admin"], deal, {}, forced())
    return deal


async def statuses(deal: UUID) -> list[str]:
    """The deal's milestones in order."""
    rows = await Milestone.filter(opportunity_id=deal).order_by("position").values("status")
    return [row["status"] for row in rows]


async def test_health_is_what_the_rule_says_of_that_day(crew: Crew) -> None:
    later = NOW + timedelta(days=40)
    deals = [crew.deals[state] for state in (S.LEAD, S.QUALIFIED, S.PROGRESSING)]
    before = await rows_of(crew.organization)

    done = await swept(crew.organization, later)

    facts = await load_facts(crew.organization.id, deals, later)
    ruled = {id: evaluate_health(DEFAULT, facts[id], later).score for id in deals}
    after = await rows_of(crew.organization)
    assert {row["id"]: row["health"] for row in after if row["id"] in ruled} == ruled
    assert (done.deals, done.healths) == (3, 3)
    assert [row["health"] for row in after] != [row["health"] for row in before]


async def test_nothing_but_the_judgement_moves(crew: Crew) -> None:
    before = await rows_of(crew.organization)

    await swept(crew.organization, NOW + timedelta(days=40))

    judged = {"health", "health_factors"}
    kept = [
        [{name: value for name, value in row.items() if name not in judged} for row in rows]
        for rows in (before, await rows_of(crew.organization))
    ]
    assert kept[0] == kept[1]


async def test_a_second_sweep_changes_nothing(crew: Crew) -> None:
    await under_way(crew)
    later = NOW + timedelta(days=40)
    await swept(crew.organization, later)
    before = await rows_of(crew.organization)

    again = await swept(crew.organization, later)

    assert (again.deals, again.healths, again.milestones, again.values) == (4, 0, 0, 0)
    assert await rows_of(crew.organization) == before


async def test_a_closed_deal_stays_as_at_its_close(crew: Crew) -> None:
    closed = [crew.deals[state] for state in (S.WON, S.LOST, S.DISQUALIFIED)]
    before = await Opportunity.filter(id__in=closed).order_by("id").values()

    await swept(crew.organization, NOW + timedelta(days=400))

    assert await Opportunity.filter(id__in=closed).order_by("id").values() == before


async def test_what_was_stored_before_there_was_health_is_judged_closed_or_not(crew: Crew) -> None:
    before = await rows_of(crew.organization)
    emptied: Any = {"health": None, "health_factors": None, "closed_insight": None}
    await Opportunity.filter(organization_id=crew.organization.id).update(**emptied)

    await swept(crew.organization, NOW)

    names = ("health", "closed_insight")
    after = await rows_of(crew.organization)
    assert [[row[name] for name in names] for row in after] == [[row[name] for name in names] for row in before]


@pytest.mark.parametrize(("days", "expected"), [(20, "PLANNED"), (21, "MISSED")])
async def test_a_milestone_is_missed_a_week_after_its_day(crew: Crew, days: int, expected: str) -> None:
    deal = await under_way(crew)

    done = await swept(crew.organization, NOW + timedelta(days=days))

    assert await statuses(deal) == [expected, "PLANNED", "PLANNED", "PLANNED", "PLANNED"]
    assert done.milestones == 2 * (expected == "MISSED")  # the crew's own deal has such a step, too


async def test_what_is_missed_is_told_once_and_can_be_completed(crew: Crew) -> None:
    deal = await under_way(crew)
    later = NOW + timedelta(days=22)
    await swept(crew.organization, later)
    await swept(crew.organization, later + timedelta(days=1))
    [missed] = await Milestone.filter(opportunity_id=deal, status="MISSED").values("id")

    await complete_milestone(crew.at("owner", later), missed["id"], evidence=EVIDENCE, expected_version=None)

    [payload] = await told(deal, "milestone.missed")
    assert payload["changes"] == {"status": {"old": "PLANNED", "new": "MISSED"}}
    assert payload["actor"] == {"kind": "MEMBER", "name": "Ada Admin", "memberId": str(crew.organization.admin_id)}
    assert (await statuses(deal))[0] == "DONE"


async def test_nothing_is_missed_outside_progressing(crew: Crew) -> None:
    deal = await under_way(crew)
    await win(crew.ctx["admin"], deal, WinDetails(WinReason.SPEED), forced())

    await swept(crew.organization, NOW + timedelta(days=100))

    assert set(await statuses(deal)) == {"PLANNED"}


async def test_many_sweeps_at_once_tell_what_is_missed_once(crew: Crew) -> None:
    deal = await under_way(crew)
    later = NOW + timedelta(days=22)

    done = await asyncio.gather(*(swept(crew.organization, later) for _ in range(5)))

    assert sum(one.milestones for one in done) == 2
    assert len(await told(deal, "milestone.missed")) == 1


async def test_a_rate_whose_day_has_come_revalues_open_deals_alone(crew: Crew) -> None:
    admin, deals = crew.ctx["admin"], [crew.deals[S.LEAD], crew.deals[S.PROGRESSING]]
    await set_exchange_rate(admin, "USD", Decimal("0.9"), date(2026, 1, 1))
    for id in deals:
        worth: Any = {"value": MoneyAmount(Decimal(100), "USD")}
        await update_opportunity(crew.ctx["owner"], id, worth, expected_version=None)
    await win(admin, crew.deals[S.PROGRESSING], WinDetails(WinReason.SPEED), forced())
    await set_exchange_rate(admin, "USD", Decimal("0.8"), NOW.date() + timedelta(days=3))

    early, late = [await swept(crew.organization, NOW + timedelta(days=days)) for days in (2, 3)]

    assert (early.values, late.values) == (0, 1)
    assert await base_minors(deals) == [8_000, 9_000]


async def base_minors(deals: Sequence[UUID]) -> list[int]:
    """What the deals are worth at home."""
    rows = {row["id"]: row["base_minor"] for row in await Opportunity.filter(id__in=list(deals)).values()}
    return [rows[id] for id in deals]


async def test_more_deals_than_a_batch_are_all_judged(organization: TestOrganization) -> None:
    await families(organization, BATCH_SIZE + 3, people=0)
    seen: list[int] = []

    async def told(so_far: SweepResult) -> None:
        seen.append(so_far.deals)

    done = SweepResult(on_progress=told)
    await sweep_organization(organization.ctx, done)

    assert (done.deals, seen) == (BATCH_SIZE + 3, [BATCH_SIZE, BATCH_SIZE + 3])
    assert not await Opportunity.filter(organization_id=organization.id, health=None).exists()


async def test_another_organization_is_left_alone(organization: TestOrganization) -> None:
    other = await new_organization()
    await families(other, 1, people=0)
    before = await rows_of(other)

    await swept(organization, NOW + timedelta(days=50))

    assert await rows_of(other) == before
