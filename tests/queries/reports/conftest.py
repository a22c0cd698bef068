"""Random histories of one organization, made by the first test that reads them; the others only read."""

from datetime import date

import pytest

from tests.support.counts import count
from tests.support.histories import History, end_of, histories
from tests.support.organizations import NOW
from tests.support.team import Crew, new_crew
from workflow.models import Opportunity
from workflow.operations.accounts.accounts import create_account
from workflow.operations.alerts.sweep import SweepResult, sweep_organization
from workflow.queries.people.people import OrganizationRow, find_organization

HISTORIES = count(1_000, part=20)
TODAY = date(2027, 6, 1)
_MADE: list[tuple[Crew, list[History]]] = []


@pytest.fixture
async def crew() -> Crew:
    """An organization with the histories and nothing else, long after them."""
    if not _MADE:
        made = await new_crew()
        account = await create_account(made.at("admin", NOW), {"name": "Random"})
        await Opportunity.filter(id__in=list(made.deals.values())).update(deleted_at=NOW)
        told = await histories(made, account, HISTORIES, seed=7)
        await sweep_organization(made.at("admin", end_of(TODAY)), SweepResult())
        _MADE.append((made, told))
    return _MADE[0][0]


@pytest.fixture
async def told(crew: Crew) -> list[History]:
    """What was done with each deal."""
    return _MADE[0][1]


@pytest.fixture
async def own(crew: Crew) -> OrganizationRow:
    """The organization as a report reads it."""
    return await find_organization(str(crew.organization.id))
