"""Stored health: after every write it is what the rules find, and it is not an event of its own."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.health import (
    EVIDENCE,
    LATER,
    HealthScenario,
    expected_health,
    new_health_scenario,
    points_by_factor,
    stored_health,
)
from tests.support.team import SELLER_EMAIL, SalesTeam, event_payloads, new_sales_team
from workflow.models import Opportunity
from workflow.operations.accounts.accounts import create_account
from workflow.operations.buyer.activities import correct_activity
from workflow.operations.buyer.assessments import NewAssessment, assess_criteria
from workflow.operations.buyer.milestones import complete_milestone
from workflow.operations.buyer.mitigations import NewMitigation, add_mitigation
from workflow.operations.buyer.risks import settle_risk
from workflow.operations.buyer.stakeholders import remove_stakeholder, update_stakeholder
from workflow.operations.opportunity.bulk import BulkItem, assign_opportunities
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity, update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import QualifyChanges, qualify, regress
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import (
    BuyingRole,
    Grade,
    MitigationKind,
    OpportunityState,
    RiskSettlement,
    SlipReason,
)
from workflow.rules.opportunity.facts import NextStep

S = OpportunityState


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team, and a deal for each write that has been in PROGRESSING for a month."""
    return await new_sales_team()


async def void_call(scenario: HealthScenario) -> None:
    await correct_activity(scenario.ctx, await scenario.log_call(), {"void": True})


async def make_one_way(scenario: HealthScenario) -> None:
    await correct_activity(scenario.ctx, await scenario.log_call(), {"two_way": False})


async def mark_left(scenario: HealthScenario) -> None:
    await update_stakeholder(
        scenario.ctx, await scenario.add_stakeholder(), {"left": True}, expected_version=None
    )


async def change_role(scenario: HealthScenario) -> None:
    who = await scenario.add_stakeholder(BuyingRole.CHAMPION)
    await update_stakeholder(scenario.ctx, who, {"roles": []}, expected_version=None)


async def remove_person(scenario: HealthScenario) -> None:
    await remove_stakeholder(scenario.ctx, await scenario.add_stakeholder(), expected_version=None)


async def mitigate_risk(scenario: HealthScenario) -> None:
    await add_mitigation(
        scenario.ctx,
        await scenario.raise_critical_risk(),
        NewMitigation(MitigationKind.PILOT, "Show it in a week"),
    )


async def settle_one_risk(scenario: HealthScenario) -> None:
    ctx = scenario.team.at("manager", LATER)
    await settle_risk(
        ctx,
        await scenario.raise_critical_risk(),
        RiskSettlement.ACCEPTED,
        reason=EVIDENCE,
        expected_version=None,
    )


async def complete_late_milestone(scenario: HealthScenario) -> None:
    await complete_milestone(
        scenario.ctx, await scenario.add_overdue_milestone(), evidence=EVIDENCE, expected_version=None
    )


async def push_close_date(scenario: HealthScenario) -> None:
    for month in (6, 7):
        given: Any = {"expected_close_date": date(2026, month, 1), "slip_reason": SlipReason.BUDGET}
        await update_opportunity(scenario.ctx, scenario.deal, given, expected_version=None)


async def import_again(scenario: HealthScenario) -> None:
    about: dict[str, Any] = {"owner_email": SELLER_EMAIL, "state": S.PROGRESSING}
    for month in (6, 7):
        row = ImportRow(scenario.key, "Deal", "Acme", expected_close_date=date(2026, month, 1), **about)
        await import_rows(scenario.team.at("admin", LATER), "crew", [row])


async def assess_pain(scenario: HealthScenario) -> None:
    await regress(scenario.ctx, scenario.deal, TransitionOptions(note="It went too fast."))
    given = [NewAssessment(criterion="pain", grade=Grade.CONFIRMED, evidence=EVIDENCE)]
    await assess_criteria(scenario.ctx, scenario.deal, given, pain_since=None, expected_version=None)


async def regress_deal(scenario: HealthScenario) -> None:
    await regress(scenario.ctx, scenario.deal, TransitionOptions(note="It went too fast."))


async def back_and_forth(scenario: HealthScenario) -> None:
    for _ in range(2):
        await regress(scenario.ctx, scenario.deal, TransitionOptions(note="It went too fast."))
    given = [
        NewAssessment(criterion=key, grade=Grade.CONFIRMED, evidence=EVIDENCE)
        for key in ("pain", "interest", "fit")
    ]
    await scenario.add_stakeholder()
    await update_opportunity(
        scenario.ctx,
        scenario.deal,
        {"next_step": NextStep("Meet the COO", date(2026, 4, 1))},
        expected_version=None,
    )
    await qualify(scenario.ctx, scenario.deal, QualifyChanges(given), TransitionOptions())


async def rename(scenario: HealthScenario) -> None:
    await update_opportunity(scenario.ctx, scenario.deal, {"name": "Renamed"}, expected_version=None)


async def reassign(scenario: HealthScenario) -> None:
    refs = [BulkItem(scenario.deal)]
    await assign_opportunities(scenario.team.at("admin", LATER), refs, scenario.team.member("stranger"))


DealWrite = Callable[[HealthScenario], Awaitable[object]]
DEAL_WRITES: dict[str, tuple[DealWrite, str, int]] = {
    "an activity is logged": (HealthScenario.log_call, "buyer_activity", 25),
    "an activity is voided": (void_call, "buyer_activity", 0),
    "an activity is corrected to one-way": (make_one_way, "buyer_activity", 0),
    "a stakeholder comes": (HealthScenario.add_stakeholder, "people", 5),
    "a stakeholder has no role any more": (change_role, "people", 0),
    "a stakeholder leaves": (mark_left, "people", 0),
    "a stakeholder is removed": (remove_person, "people", 0),
    "a risk is raised": (HealthScenario.raise_critical_risk, "risks", -10),
    "a risk is to be mitigated": (mitigate_risk, "risks", 0),
    "a risk is accepted": (settle_one_risk, "risks", 0),
    "a milestone is late": (HealthScenario.add_overdue_milestone, "milestones", 17),
    "a milestone is done": (complete_late_milestone, "milestones", 20),
    "a date is pushed": (push_close_date, "close_date", 6),
    "a date is pushed by an import": (import_again, "close_date", 6),
    "a deal regresses": (regress_deal, "milestones", 0),
    "a criterion is assessed": (assess_pain, "milestones", 6),
    "a state is entered again": (back_and_forth, "milestones", 15),
    "a deal is renamed": (rename, "state_age", 15),
    "a deal is handed over": (reassign, "state_age", 15),
}
"""A write, the factor that it changes or not, and the value of the factor afterwards."""


@pytest.mark.parametrize("name", DEAL_WRITES)
async def test_every_write_stores_the_health_of_the_rule(team: SalesTeam, name: str) -> None:
    scenario = await new_health_scenario(team)
    write, key, given = DEAL_WRITES[name]

    await write(scenario)

    found = await stored_health(scenario.deal)
    assert found == await expected_health(team.organization.id, scenario.deal, LATER)
    assert points_by_factor(found)[key] == given


async def test_a_new_lead_has_its_health(team: SalesTeam) -> None:
    ctx = team.ctx["owner"]
    account = await create_account(ctx, {"name": "Acme"})

    id = await create_opportunity(ctx, NewOpportunity(account, None, None), {"name": "Lead"})

    found = await stored_health(id)
    assert found == await expected_health(team.organization.id, id, ctx.now)
    assert found["health"] == 25  # 15 for its age, 10 for its close date


@pytest.mark.parametrize(("state", "score"), [(S.LEAD, 10), (S.QUALIFIED, 10), (S.PROGRESSING, 45)])
async def test_an_imported_deal_has_its_health(team: SalesTeam, state: OpportunityState, score: int) -> None:
    scenario = await new_health_scenario(team, state)

    found = await stored_health(scenario.deal)

    assert found == await expected_health(team.organization.id, scenario.deal, NOW)
    assert found["health"] == score


async def test_a_health_change_records_no_event(team: SalesTeam) -> None:
    scenario = await new_health_scenario(team)
    before = await Opportunity.filter(id=scenario.deal).values("version", "updated_at")

    await scenario.log_call()

    assert await Opportunity.filter(id=scenario.deal).values("version", "updated_at") == before
    await push_close_date(scenario)
    [*_, payload] = await event_payloads(scenario.deal, "opportunity.updated")
    assert set(payload["changes"]) == {"expectedCloseDate", "pushCount"}
