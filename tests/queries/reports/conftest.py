"""Random histories of one organization, created by the first test that reads them."""

from datetime import date

import pytest

from tests.support.counts import count
from tests.support.organizations import NOW
from tests.support.scenarios.histories import History, create_histories, end_of
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Opportunity
from workflow.operations.accounts.accounts import create_account
from workflow.operations.alerts.sweep import SweepResult, sweep_organization
from workflow.queries.people.people import OrganizationRow, find_organization

HISTORIES = count(1_000, part=20)
TODAY = date(2027, 6, 1)
_CREATED: list[tuple[SalesTeam, list[History]]] = []


@pytest.fixture
async def team() -> SalesTeam:
    """An organization with only the histories, long after their end."""
    if not _CREATED:
        created = await new_sales_team()
        account = await create_account(created.at("admin", NOW), {"name": "Random"})
        await Opportunity.filter(id__in=list(created.deals.values())).update(deleted_at=NOW)
        created_histories = await create_histories(created, account, HISTORIES, seed=7)
        await sweep_organization(created.at("admin", end_of(TODAY)), SweepResult())
        _CREATED.append((created, created_histories))
    return _CREATED[0][0]


@pytest.fixture
async def deal_histories(team: SalesTeam) -> list[History]:
    """The history of each deal."""
    return _CREATED[0][1]


@pytest.fixture
async def organization_row(team: SalesTeam) -> OrganizationRow:
    """The organization's row."""
    return await find_organization(str(team.organization.id))
