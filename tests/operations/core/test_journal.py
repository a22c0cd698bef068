"""The audit trail: one chain of events with their actors and requests, even if admins write concurrently."""

import asyncio
from datetime import date
from decimal import Decimal

import httpx

from tests.support.counts import count
from tests.support.organizations import TestOrganization, new_organization
from workflow.models import Event, Organization
from workflow.models.engine.database import open_database
from workflow.operations.pricing.exchange_rates import set_exchange_rate
from workflow.queries.integrity import IntegrityResult, verify

SET_RATE = """mutation { setExchangeRate(input: {currency: "USD", rate: "0.9", validFrom: "2026-01-01"})
  { __typename } }"""


async def test_concurrent_writers_make_one_chain(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()
        before = await _last_number(organization)
        days = [date.fromordinal(date(2026, 1, 1).toordinal() + number) for number in range(count(400))]
        await asyncio.gather(*(set_exchange_rate(organization.ctx, "USD", Decimal(1), day) for day in days))
        found = list[IntegrityResult]()

        assert await verify(found.append), found
        assert await _last_number(organization) == before + len(days)
        assert found[-1].finding.startswith(f"{before + len(days)} audit events; the last hash is ")


async def test_an_event_is_stored_with_its_actor_and_request(
    organization: TestOrganization, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/graphql", json={"query": SET_RATE}, headers={"X-Request-Id": "req-7"})
    events = await Event.filter(organization_id=organization.id, type="exchangeRate.set").values()

    assert answer.json()["data"]["setExchangeRate"]["__typename"] != "InvalidInput"
    assert [(fact["actor_name"], fact["actor_member_id"]) for fact in events] == [
        ("Ada Admin", organization.admin_id)
    ]
    assert events[0]["request_id"] == answer.headers["X-Request-Id"]
    assert events[0]["audit_number"] == await _last_number(organization)


async def _last_number(organization: TestOrganization) -> int:
    number: int = (await Organization.filter(id=organization.id).values("audit_number"))[0]["audit_number"]
    return number
