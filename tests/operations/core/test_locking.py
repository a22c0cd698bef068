"""Row locks: what they return, and that writers who hold one take turns."""

import asyncio
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from tests.support.organizations import NOW, TestOrganization, new_organization
from tests.support.rows import deal_row, row_defaults
from workflow.models import ExchangeRate, Opportunity, OpportunityCounter, Team
from workflow.models.columns import new_id
from workflow.models.engine.database import transaction
from workflow.operations.core.locking import (
    lock_and_read,
    lock_deals,
    lock_if_exists,
    lock_organization,
    lock_rates,
    lock_row,
    lock_settings,
)

WRITERS = 20


async def new_team(organization: TestOrganization, name: str = "North") -> UUID:
    """Create a team and return its id."""
    id = new_id()
    await Team.create(id=id, organization_id=organization.id, name=name, created_at=NOW)
    return id


async def test_a_locked_row_is_returned_to_its_own_organization_only(organization: TestOrganization) -> None:
    id = await new_team(organization)
    other = await new_organization()

    own = await lock_and_read(Team, organization.id, id)

    assert own is not None
    assert (own["id"], own["name"]) == (id, "North")
    assert await lock_and_read(Team, other.id, id) is None
    assert await lock_and_read(Team, organization.id, new_id()) is None


async def test_a_reference_is_possible_to_rows_of_the_own_organization_only(
    organization: TestOrganization,
) -> None:
    id = await new_team(organization)
    other = await new_organization()

    found = [
        await lock_if_exists(Team, owner, row)
        for owner in (organization.id, other.id)
        for row in (id, new_id())
    ]

    assert found == [True, False, False, False]


async def test_the_locked_settings_are_those_of_the_organization() -> None:
    organization = await new_organization(currency="JPY", time_zone="Asia/Tokyo")

    settings = await lock_settings(organization.id)

    assert settings["base_currency"] == "JPY"
    assert settings["time_zone"] == "Asia/Tokyo"


async def test_writers_that_lock_a_row_lose_no_update(organization: TestOrganization) -> None:
    team = await new_team(organization)

    async def append() -> None:
        await lock_row(Team, organization.id, team)
        [row] = await Team.filter(id=team).values("name")
        await asyncio.sleep(0)
        await Team.filter(id=team).update(name=row["name"] + "x")

    await asyncio.gather(*(transaction(append) for _ in range(WRITERS)))

    assert await Team.filter(id=team).values("name") == [{"name": "North" + "x" * WRITERS}]


async def test_writers_that_lock_the_organization_lose_no_update(organization: TestOrganization) -> None:
    counter = OpportunityCounter.filter(organization_id=organization.id)

    async def increment() -> None:
        await lock_organization(organization.id)
        [row] = await counter.values("last_number")
        await asyncio.sleep(0)
        await counter.update(last_number=row["last_number"] + 1)

    await asyncio.gather(*(transaction(increment) for _ in range(WRITERS)))

    assert await counter.values("last_number") == [{"last_number": WRITERS}]


async def test_writers_that_lock_the_rates_exclusively_lose_no_update(organization: TestOrganization) -> None:
    own_rates: dict[str, Any] = {"organization_id": organization.id, "currency": "USD"}
    await ExchangeRate.create(id=new_id(), rate=Decimal(1), valid_from=NOW.date(), **own_rates)

    async def increment() -> None:
        await lock_rates(organization.id, exclusive=True)
        [row] = await ExchangeRate.filter(**own_rates).values("rate")
        await asyncio.sleep(0)
        await ExchangeRate.filter(**own_rates).update(rate=row["rate"] + 1)

    await asyncio.gather(*(transaction(increment) for _ in range(WRITERS)))

    assert await ExchangeRate.filter(**own_rates).values("rate") == [{"rate": Decimal(WRITERS + 1)}]


async def test_writers_that_lock_several_deals_lose_no_update(organization: TestOrganization) -> None:
    place = await row_defaults(organization)
    deals = [deal_row(place, name=name, number=number) for number, name in enumerate("abc", 1)]
    await Opportunity.bulk_create(deals)

    async def append(ids: list[UUID]) -> None:
        await lock_deals(organization.id, ids)
        rows = await Opportunity.filter(id__in=ids).values("id", "name")
        await asyncio.sleep(0)
        for row in rows:
            await Opportunity.filter(id=row["id"]).update(name=row["name"] + "x")

    ids = [deal.id for deal in deals]
    orders = [ids, ids[::-1]] * (WRITERS // 2)
    await asyncio.gather(*(transaction(partial(append, order)) for order in orders))

    found = await Opportunity.filter(id__in=ids).order_by("name").values("name")
    assert found == [{"name": name + "x" * WRITERS} for name in "abc"]
