"""Changes of an account: its open deals are evaluated again in the same transaction."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.alerts import DAY, alerts_of, only_alert
from tests.support.statements import statements
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Account, Alert, Opportunity
from workflow.operations.accounts.accounts import create_account, update_account
from workflow.operations.accounts.merge import merge_accounts
from workflow.operations.process.processes import preset, publish
from workflow.rules.enums import FitOperator, OpportunityState, Role, Visibility
from workflow.rules.process.document import FitRule

BIG = FitRule("size", "Has more than ten people", "employeeCount", FitOperator.GT, Decimal(10))
FIT_LOST = "FIT_LOST"


@pytest.fixture
async def team() -> AsyncIterator[SalesTeam]:
    """Create a sales team whose process requires a company of more than ten employees."""
    team = await new_sales_team()
    await publish(team.organization.ctx, replace(preset("default"), fit_rules=(BIG,)))
    yield team


@pytest.fixture
async def deal(team: SalesTeam) -> UUID:
    """Create a qualified deal of that process."""
    return await team.add_deal(OpportunityState.QUALIFIED)


async def account_of(deal: UUID) -> UUID:
    """Return the account of a deal."""
    [row] = await Opportunity.filter(id=deal).values("account_id")
    id: UUID = row["account_id"]
    return id


async def test_an_account_change_opens_and_resolves_alerts_of_its_deals_at_once(
    team: SalesTeam, deal: UUID
) -> None:
    acme = await account_of(deal)
    ctx = team.at("owner", NOW + DAY)
    before = await Opportunity.filter(id=deal).values("version", "updated_at")

    await update_account(ctx, acme, {"employee_count": 5}, expected_version=None)
    lost = await only_alert(deal, FIT_LOST)
    await update_account(ctx, acme, {"employee_count": 50}, expected_version=None)

    assert (lost["severity"], lost["status"], (await only_alert(deal, FIT_LOST))["status"]) == (
        "CRITICAL",
        "OPEN",
        "RESOLVED",
    )
    assert await Opportunity.filter(id=deal).values("version", "updated_at") == before


async def test_alerts_of_deals_hidden_from_the_editor_are_opened_too(team: SalesTeam, deal: UUID) -> None:
    stranger = await team.organization.ctx_of(Role.REP, "stranger@example.com", now=NOW + DAY)
    blind = replace(stranger, viewer=replace(stranger.viewer, visibility=Visibility.OWN))

    await update_account(blind, await account_of(deal), {"employee_count": 5}, expected_version=None)

    assert (await only_alert(deal, FIT_LOST))["status"] == "OPEN"


async def test_an_unchanged_account_evaluates_nothing(team: SalesTeam, deal: UUID) -> None:
    acme = await account_of(deal)
    ctx = team.at("owner", NOW + DAY)
    seen = await Alert.filter(opportunity_id=deal).order_by("id").values("id", "last_seen_at")

    await update_account(ctx, acme, {"name": "Acme"}, expected_version=None)

    assert await Alert.filter(opportunity_id=deal).order_by("id").values("id", "last_seen_at") == seen


async def test_closed_deals_keep_their_health(team: SalesTeam) -> None:
    won = await team.add_deal(OpportunityState.WON)
    before = await Opportunity.filter(id=won).values()

    await update_account(
        team.at("owner", NOW + DAY), await account_of(won), {"employee_count": 5}, expected_version=None
    )

    assert (await alerts_of(won, FIT_LOST), await Opportunity.filter(id=won).values()) == ([], before)


async def test_many_deals_of_one_account_take_the_statements_of_some(team: SalesTeam, deal: UUID) -> None:
    acme = await account_of(deal)
    ctx = team.at("owner", NOW + DAY)
    counted = []
    for more in (2, 20):
        for _ in range(more):
            await team.add_deal(OpportunityState.QUALIFIED)
        await update_account(ctx, acme, {"industry": f"Brewing {more}"}, expected_version=None)
        async with statements() as seen:
            await update_account(ctx, acme, {"industry": f"Baking {more}"}, expected_version=None)
        counted.append(seen.by_table())

    assert counted[0] == counted[1]


async def test_a_merge_evaluates_the_deals_of_the_kept_account(team: SalesTeam, deal: UUID) -> None:
    acme = await account_of(deal)
    admin = team.at("admin", NOW + DAY)
    small: Any = {"name": "Acme Ltd", "employee_count": 5}
    other = await create_account(admin, small)

    await merge_accounts(admin, acme, other, expected_version=None)

    assert (await Account.filter(id=acme).values("employee_count")) == [{"employee_count": 5}]
    assert (await only_alert(deal, FIT_LOST))["status"] == "OPEN"
