"""How soon a subscriber hears of a write, and what a thousand who hear nothing cost the writer: by real clients of a real server."""

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
SOCKETS, SUBSCRIPTIONS_PER_SOCKET = 20, 50
"""The idle: fifty subscriptions on each of twenty sockets."""


async def main() -> None:
    """Print the table of the database that PURSUIT_TEST_DATABASE names."""
    table = Table(
        "", "median", "99th percentile", title=f"The feed on {os.environ['PURSUIT_TEST_DATABASE']}, {WRITES} writes"
    )
    async with databases() as made:
        url = await made.copy()
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
        ("a write is answered, nobody subscribes", [*alone, *alone_again]),
        ("the same, 1,000 idle subscribers", with_idle),
        ("the same, one subscriber of the deal", answered_with_subscriber),
        ("and that subscriber has heard of it", received),
    ):
        table.add_row(name, f"{median(seconds) * 1000:.1f} ms", f"{quantiles(seconds, n=100)[98] * 1000:.1f} ms")
    Console().print(table)
    Console().print(
        f"1,000 idle subscribers: a write takes {median(with_idle) / median([*alone, *alone_again]):.2f} times as long"
    )


async def _create_deal(organization: TestOrganization, name: str) -> str:
    account = await create_account(organization.ctx, {"name": name})
    place = NewOpportunity(account, None, None)
    return encode("Opportunity", await create_opportunity(organization.ctx, place, {"name": name}))


async def _write(client: httpx.AsyncClient, deal: str, number: int) -> None:
    body = {"query": RENAME, "variables": {"id": deal, "name": f"Renamed {number}"}}
    answer = await client.post("/graphql", json=body)
    assert "errors" not in answer.json(), answer.text


async def _time_writes(client: httpx.AsyncClient, deal: str) -> list[float]:
    """Seconds until each write is answered."""
    taken = []
    for number in range(WRITES):
        started = perf_counter()
        await _write(client, deal, number)
        taken.append(perf_counter() - started)
    return taken


async def _time_events(client: httpx.AsyncClient, deal: str) -> tuple[list[float], list[float]]:
    """Seconds until each write is answered, and until its subscriber has heard of it."""
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
    """A thousand subscriptions to a deal that nobody changes."""
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
