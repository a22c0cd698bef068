"""Snapshots of deals: one valid at each time."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Opportunity, Snapshot
from workflow.operations.change.snapshots import first_snapshot
from workflow.operations.opportunity.edit import update_opportunity
from workflow.rules.enums import OpportunityState, SlipReason

HOUR = timedelta(hours=1)


@pytest.fixture
async def team() -> SalesTeam:
    """Create a sales team with one deal in each state."""
    return await new_sales_team()


async def snapshots(deal: UUID) -> list[Snapshot]:
    """Return the snapshots of a deal, oldest first."""
    return await Snapshot.filter(opportunity_id=deal).order_by("since")


async def test_a_reported_change_ends_the_current_snapshot_and_begins_another(team: SalesTeam) -> None:
    deal = team.deals[OpportunityState.LEAD]
    before = await snapshots(deal)

    await update_opportunity(team.at("owner", NOW + HOUR), deal, {"probability": 0.35}, expected_version=None)

    after = await snapshots(deal)
    assert len(after) == len(before) + 1
    assert [one.until for one in after[-2:]] == [NOW + HOUR, None]
    assert (after[-1].since, after[-1].probability) == (NOW + HOUR, 0.35)


async def test_a_change_of_other_columns_is_not_a_snapshot(team: SalesTeam) -> None:
    deal = team.deals[OpportunityState.LEAD]
    before = await Snapshot.filter(opportunity_id=deal).order_by("since").values()

    await update_opportunity(team.at("owner", NOW + HOUR), deal, {"name": "Renamed"}, expected_version=None)

    assert await Snapshot.filter(opportunity_id=deal).order_by("since").values() == before


async def test_the_reason_of_a_push_is_stored_with_its_snapshot(team: SalesTeam) -> None:
    deal = team.deals[OpportunityState.LEAD]
    owner = team.ctx["owner"]
    june = (NOW + timedelta(days=100)).date()
    july = june + timedelta(days=31)
    await update_opportunity(owner, deal, {"expected_close_date": june}, expected_version=None)

    await update_opportunity(
        team.at("owner", NOW + HOUR),
        deal,
        {"expected_close_date": july, "slip_reason": SlipReason.BUDGET},
        expected_version=None,
    )

    assert [one.slip_reason for one in await snapshots(deal)][-2:] == [None, SlipReason.BUDGET]


async def test_an_earlier_snapshot_of_a_new_deal_has_the_replaced_columns(team: SalesTeam) -> None:
    deal = await Opportunity.get(id=team.deals[OpportunityState.WON])

    snapshot = first_snapshot(deal, NOW - HOUR, state=OpportunityState.LEAD, until=NOW)

    assert (snapshot.since, snapshot.until, snapshot.state) == (NOW - HOUR, NOW, OpportunityState.LEAD)
    assert (snapshot.forecast_category, snapshot.closed_on) == (deal.forecast_category, deal.closed_on)
