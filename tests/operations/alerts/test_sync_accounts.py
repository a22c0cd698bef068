"""What is known of an account changes: its deals are judged anew at once, in the same transaction, whoever sees them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.alerts import DAY, of, one
from tests.support.statements import statements
from tests.support.team import Crew, new_crew
from workflow.models import Account, Alert, Opportunity
from workflow.operations.accounts.accounts import create_account, update_account
from workflow.operations.accounts.merge import merge_accounts
from workflow.operations.process.processes import preset, publish
from workflow.rules.enums import FitOperator, OpportunityState, Role, Visibility
from workflow.rules.process.document import FitRule

BIG = FitRule("size", "Has more than ten people", "employeeCount", FitOperator.GT, Decimal(10))
LOST = "FIT_LOST"


@pytest.fixture
async def crew() -> AsyncIterator[Crew]:
    """People whose process asks for a company of more than ten."""
    crew = await new_crew()
    await publish(crew.organization.ctx, replace(preset("default"), fit_rules=(BIG,)))
    yield crew


@pytest.fixture
async def deal(crew: Crew) -> UUID:
    """A deal in QUALIFIED under that process."""
    return await crew.deal(OpportunityState.QUALIFIED)


async def account_of(deal: UUID) -> UUID:
    """The deal's account."""
    [row] = await Opportunity.filter(id=deal).values("account_id")
    id: UUID = row["account_id"]
    return id


async def test_an_account_that_shrinks_warns_of_its_deals_at_once_and_one_that_grows_no_more(
    crew: Crew, deal: UUID
) -> None:
    acme, ctx = await account_of(deal), crew.at("owner", NOW + DAY)
    before = await Opportunity.filter(id=deal).values("version", "updated_at")

    await update_account(ctx, acme, {"employee_count": 5}, expected_version=None)
    lost = await one(deal, LOST)
    await update_account(ctx, acme, {"employee_count": 50}, expected_version=None)

    assert (lost["severity"], lost["status"], (await one(deal, LOST))["status"]) == ("CRITICAL", "OPEN", "RESOLVED")
    assert await Opportunity.filter(id=deal).values("version", "updated_at") == before


async def test_deals_that_whoever_changes_the_account_does_not_see_are_warned_of_too(crew: Crew, deal: UUID) -> None:
    stranger = await crew.organization.ctx_of(Role.REP, "stranger@example.com", now=NOW + DAY)
    blind = replace(stranger, viewer=replace(stranger.viewer, visibility=Visibility.OWN))

    await update_account(blind, await account_of(deal), {"employee_count": 5}, expected_version=None)

    assert (await one(deal, LOST))["status"] == "OPEN"


async def test_what_leaves_the_account_as_it_was_judges_nothing(crew: Crew, deal: UUID) -> None:
    acme, ctx = await account_of(deal), crew.at("owner", NOW + DAY)
    seen = await Alert.filter(opportunity_id=deal).order_by("id").values("id", "last_seen_at")

    await update_account(ctx, acme, {"name": "Acme"}, expected_version=None)

    assert await Alert.filter(opportunity_id=deal).order_by("id").values("id", "last_seen_at") == seen


async def test_closed_deals_stay_as_they_were_judged(crew: Crew) -> None:
    won = await crew.deal(OpportunityState.WON)
    before = await Opportunity.filter(id=won).values()

    await update_account(
        crew.at("owner", NOW + DAY), await account_of(won), {"employee_count": 5}, expected_version=None
    )

    assert (await of(won, LOST), await Opportunity.filter(id=won).values()) == ([], before)


async def test_many_deals_of_one_account_are_judged_by_the_statements_of_one(crew: Crew, deal: UUID) -> None:
    acme, ctx, counted = await account_of(deal), crew.at("owner", NOW + DAY), []
    for more in (0, 20):
        for _ in range(more):
            await crew.deal(OpportunityState.QUALIFIED)
        await update_account(ctx, acme, {"industry": f"Brewing {more}"}, expected_version=None)
        async with statements() as seen:
            await update_account(ctx, acme, {"industry": f"Baking {more}"}, expected_version=None)
        counted.append(seen.by_table())

    assert counted[0] == counted[1]


async def test_what_a_merge_makes_known_judges_the_deals_that_were_there(crew: Crew, deal: UUID) -> None:
    acme, admin = await account_of(deal), crew.at("admin", NOW + DAY)
    small: Any = {"name": "Acme Ltd", "employee_count": 5}
    other = await create_account(admin, small)

    await merge_accounts(admin, acme, other, expected_version=None)

    assert (await Account.filter(id=acme).values("employee_count")) == [{"employee_count": 5}]
    assert (await one(deal, LOST))["status"] == "OPEN"
