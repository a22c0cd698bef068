"""Benchmark of the event feed: the delay of a subscription, and the cost of idle subscribers for a writer."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from schema.core.ids import encode
from tests.support.databases import databases
from tests.support.organizations import TestOrganization, new_organization
from tests.support.serving import Server, serving
from tests.support.subscription_clients import CHANGED, RENAME, connect_socket, open_stream
from workflow.models.engine.database import open_database
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity

WRITES = 300
SOCKETS = 20
SUBSCRIPTIONS_PER_SOCKET = 50
"""Idle subscriptions on each socket; 1,000 in all."""


async def main() -> None:
    """Measure on the database that PURSUIT_TEST_DATABASE names, and print the table."""
    title = f"Event feed on {os.environ['PURSUIT_TEST_DATABASE']}, {WRITES} writes"
    table = Table("", "median", "99th percentile", title=title)
    async with databases() as template:
        url = await template.copy()
        async with open_database(url, all_contexts=False):
            organization = await new_organization()
            deal, other = [await _create_deal(organization, name) for name in ("Written", "Idle")]
        async with serving(url) as server, server.client(organization.api_key) as client:
            alone = await _time_writes(client, deal)
            answered_with_subscriber, received = await _time_events(client, deal)
            async with _idle_subscribers(server, organization, other):
                with_idle = await _time_writes(client, deal)
            alone_again = await _time_writes(client, deal)
    for name, seconds in (
        ("write, no subscribers", [*alone, *alone_again]),
        ("write, 1,000 idle subscribers", with_idle),
        ("write, one subscriber to the deal", answered_with_subscriber),
        ("event received by that subscriber", received),
    ):
        percentile_99 = quantiles(seconds, n=100)[98]
        table.add_row(name, f"{median(seconds) * 1000:.1f} ms", f"{percentile_99 * 1000:.1f} ms")
    Console().print(table)
    factor = median(with_idle) / median([*alone, *alone_again])
    Console().print(f"With 1,000 idle subscribers a write takes {factor:.2f} times as long.")


async def _create_deal(organization: TestOrganization, name: str) -> str:
    account = await create_account(organization.ctx, {"name": name})
    place = NewOpportunity(account, None, None)
    return encode("Opportunity", await create_opportunity(organization.ctx, place, {"name": name}))


async def _write(client: httpx.AsyncClient, deal: str, number: int) -> None:
    body = {"query": RENAME, "variables": {"id": deal, "name": f"Renamed {number}"}}
    answer = await client.post("/graphql", json=body)
    assert "errors" not in answer.json(), answer.text


async def _time_writes(client: httpx.AsyncClient, deal: str) -> list[float]:
    """Return the seconds until each write is answered."""
    times = []
    for number in range(WRITES):
        started = perf_counter()
        await _write(client, deal, number)
        times.append(perf_counter() - started)
    return times


async def _time_events(client: httpx.AsyncClient, deal: str) -> tuple[list[float], list[float]]:
    """Return the seconds until each write is answered, and until the subscriber receives its event."""
    answered: list[float] = []
    received: list[float] = []
    async with open_stream(client, CHANGED, id=deal) as events:
        await asyncio.sleep(0.5)
        for number in range(WRITES):
            started = perf_counter()
            receiving = asyncio.ensure_future(_wait_for_name(events, f"Renamed {number + WRITES}"))
            await _write(client, deal, number + WRITES)
            answered.append(perf_counter() - started)
            await receiving
            received.append(perf_counter() - started)
    return answered, received


async def _wait_for_name(events: AsyncIterator[Any], name: str) -> None:
    while (await anext(events))["data"]["opportunityChanged"]["name"] != name:
        pass


@asynccontextmanager
async def _idle_subscribers(server: Server, organization: TestOrganization, deal: str) -> AsyncIterator[None]:
    """Hold a thousand subscriptions to a deal that does not change."""
    async with AsyncExitStack() as stack:
        for _ in range(SOCKETS):
            client = await stack.enter_async_context(connect_socket(server.base_url))
            await client.authenticate(organization.api_key)
            for number in range(SUBSCRIPTIONS_PER_SOCKET):
                await client.subscribe(str(number), CHANGED, id=deal)
        await asyncio.sleep(1)
        yield


if __name__ == "__main__":
    for kind in ("sqlite", "postgres"):
        os.environ["PURSUIT_TEST_DATABASE"] = kind
        asyncio.run(main())
