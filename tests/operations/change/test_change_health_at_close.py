"""The health and insight of a deal at its close stay, whatever is recorded afterwards."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import TestOrganization
from tests.support.rules.deal_facts import default_document
from tests.support.scenarios.health import (
    LATER,
    HealthScenario,
    expected_health,
    new_health_scenario,
    points_by_factor,
    stored_health,
)
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Opportunity
from workflow.models.engine.database import transaction
from workflow.operations.accounts.accounts import create_account, update_account
from workflow.operations.buyer.activities import correct_activity
from workflow.operations.change.overrides import NewOverride
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, WinDetails, disqualify, lose, reopen, win
from workflow.operations.process.processes import publish
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, WinReason
from workflow.rules.process.document import parse_process

S = OpportunityState
MUCH_LATER = LATER + timedelta(days=400)
OVERRIDDEN = ("field.value", "milestone.decision_made", "milestone.terms_agreed", "risk.open")
OVERRIDE_TERMS = TransitionOptions(
    override=NewOverride(OVERRIDDEN, "The board wants this one and pays for it.")
)


async def win_deal(scenario: HealthScenario) -> None:
    await win(scenario.team.at("admin", LATER), scenario.deal, WinDetails(WinReason.SPEED), OVERRIDE_TERMS)


async def lose_deal(scenario: HealthScenario) -> None:
    await lose(scenario.ctx, scenario.deal, LossDetails(LossReason.PRICE), TransitionOptions())


async def disqualify_deal(scenario: HealthScenario) -> None:
    await disqualify(scenario.ctx, scenario.deal, DisqualifyReason.STALLED, TransitionOptions())


CLOSES: list[tuple[Callable[[HealthScenario], Awaitable[None]], OpportunityState]] = [
    (win_deal, S.PROGRESSING),
    (lose_deal, S.PROGRESSING),
    (lose_deal, S.QUALIFIED),
    (disqualify_deal, S.PROGRESSING),
    (disqualify_deal, S.QUALIFIED),
    (disqualify_deal, S.LEAD),
]


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team; every test closes a deal of its own."""
    return await new_sales_team()


async def complete_scenario(team: SalesTeam, state: OpportunityState = S.PROGRESSING) -> HealthScenario:
    """Create a deal with a value for every factor."""
    scenario = await new_health_scenario(team, state)
    await scenario.add_stakeholder()
    await scenario.add_overdue_milestone()
    await scenario.raise_critical_risk()
    await scenario.log_call()
    return scenario


@pytest.mark.parametrize(("close", "state"), CLOSES)
async def test_a_close_stores_health_and_insight_as_they_were_before_it(
    team: SalesTeam, close: Callable[[HealthScenario], Awaitable[None]], state: OpportunityState
) -> None:
    scenario = await complete_scenario(team, state)
    before = await expected_health(team.organization.id, scenario.deal, LATER, closing=True)

    await close(scenario)

    assert await stored_health(scenario.deal) == before


async def test_nothing_after_the_close_changes_stored_health(team: SalesTeam) -> None:
    scenario = await complete_scenario(team)
    logged = await scenario.log_call()
    await lose_deal(scenario)
    at_close = await stored_health(scenario.deal)
    later = replace(scenario, now=MUCH_LATER)

    await correct_activity(later.ctx, logged, {"void": True})
    await later.log_call()
    account = (await Opportunity.filter(id=scenario.deal).values("account_id"))[0]["account_id"]
    await update_account(later.ctx, account, {"employee_count": 7}, expected_version=None)

    assert await stored_health(scenario.deal) == at_close


async def test_a_reopened_deal_is_evaluated_again(team: SalesTeam) -> None:
    scenario = await complete_scenario(team, S.QUALIFIED)
    await lose_deal(scenario)
    ctx = team.at("admin", MUCH_LATER)

    await reopen(ctx, scenario.deal, S.LEAD, {}, TransitionOptions(note="They came back."))

    found = await stored_health(scenario.deal)
    assert found == await expected_health(team.organization.id, scenario.deal, MUCH_LATER)
    assert (points_by_factor(found)["state_age"], points_by_factor(found)["buyer_activity"]) == (15, 0)
    await disqualify(ctx, scenario.deal, DisqualifyReason.STALLED, TransitionOptions())
    assert (await stored_health(scenario.deal))["closed_insight"] is not None


async def test_a_dry_run_close_stores_nothing(team: SalesTeam) -> None:
    scenario = await complete_scenario(team)
    before = await stored_health(scenario.deal)

    await lose(scenario.ctx, scenario.deal, LossDetails(LossReason.PRICE), TransitionOptions(dry_run=True))

    assert await stored_health(scenario.deal) == before


@pytest.mark.parametrize(
    ("state", "score", "age"), [(S.WON, 45, 15), (S.LOST, 45, 15), (S.DISQUALIFIED, 10, 0)]
)
async def test_an_imported_close_is_evaluated_as_of_its_day_and_previous_state(
    team: SalesTeam, state: OpportunityState, score: int, age: int
) -> None:
    """The deals were created on 1 February and closed on 1 March."""
    scenario = await new_health_scenario(team, state)

    found = await stored_health(scenario.deal)

    assert found == await expected_health(team.organization.id, scenario.deal, MUCH_LATER, closing=True)
    assert (found["health"], points_by_factor(found)["state_age"]) == (score, age)
    assert {status for _, status, _, _ in found["closed_insight"]} == {"UNKNOWN"}


async def fit_missing(id: UUID) -> str:
    """Return the status of what is known about the fit."""
    seen = (await stored_health(id))["closed_insight"]
    return str(next(status for name, status, _, _ in seen if name == "FIT"))


@pytest.mark.parametrize(("employees", "status"), [(500, "PARTIAL"), (5, "UNKNOWN")])
async def test_insight_at_close_uses_the_account_of_that_time(
    organization: TestOrganization, employees: int, status: str
) -> None:
    ctx = organization.ctx
    rule = {
        "key": "size",
        "label": "Big enough",
        "attribute": "employeeCount",
        "operator": "GT",
        "value": 100,
    }
    await transaction(lambda: publish(ctx, parse_process({**default_document(), "fitRules": [rule]})))
    account = await create_account(ctx, {"name": "Grown", "employee_count": employees})
    about: dict[str, Any] = {
        "state": S.LOST,
        "closed_on": date(2026, 3, 1),
        "owner_email": "admin@example.com",
    }
    [row] = await import_rows(ctx, "crm", [ImportRow("1", "Imported", "Grown", **about)])
    lead = await create_opportunity(ctx, NewOpportunity(account, None, None), {"name": "Lead"})
    await disqualify(ctx, lead, DisqualifyReason.NO_FIT, TransitionOptions())
    assert row.opportunity_id is not None

    await update_account(ctx, account, {"employee_count": 505 - employees}, expected_version=None)

    assert [await fit_missing(id) for id in (row.opportunity_id, lead)] == [status, status]
