"""PostgreSQL goes dark, is suspended or stops: requests get typed answers, and the server recovers."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.support.counts import count
from tests.support.network.tcp_proxy import TcpProxy, proxied
from tests.support.organizations import TestOrganization
from tests.support.serving import Server, serving

READ = "{ viewer { organization { name } } opportunities(first: 5) { totalCount } }"
WRITE = 'mutation { createAccount(input: {name: "%s"}) { __typename } }'
OUTAGES: dict[str, Callable[[TcpProxy], None]] = {
    "dark": TcpProxy.darken,
    "suspended": TcpProxy.suspend,
    "stopped": TcpProxy.stop,
}
OUTAGE_SECONDS = 3.0
ATTEMPTS = 20
"""Attempts within which reads and writes succeed again after an outage."""


@asynccontextmanager
async def serving_through_proxy(url: str) -> AsyncIterator[tuple[TcpProxy, Server]]:
    """Run a server whose statements may take two seconds, and that reaches the database through a proxy."""
    async with (
        proxied(url, command_timeout="2") as (proxy, proxied_url),
        serving(proxied_url, PURSUIT_WORKER="on") as server,
    ):
        yield proxy, server


async def outcome(client: httpx.AsyncClient, query: str) -> str:
    """Return OK, or the code of the error with its status."""
    answer = await client.post("/graphql", json={"query": query})
    errors = answer.json().get("errors")
    return f"{answer.status_code} {errors[0]['extensions']['code']}" if errors else "OK"


async def outcomes_until_well(client: httpx.AsyncClient, query: str) -> list[str]:
    """Repeat a request until it succeeds, and return all outcomes."""
    outcomes: list[str] = []
    while not outcomes or outcomes[-1] != "OK":
        assert len(outcomes) < ATTEMPTS, outcomes
        outcomes.append(await outcome(client, query))
        await asyncio.sleep(0.2)
    return outcomes


@pytest.mark.parametrize("outage", OUTAGES)
async def test_requests_during_an_outage_get_typed_answers_and_later_ones_succeed(
    database: str, organization: TestOrganization, outage: str
) -> None:
    found: Counter[str] = Counter()
    async with (
        serving_through_proxy(database) as (proxy, server),
        server.client(organization.api_key) as client,
    ):
        for round in range(count(20)):
            await asyncio.gather(*(outcome(client, READ) for _ in range(8)))

            OUTAGES[outage](proxy)
            requests = [READ, WRITE % f"During {round}"] * 4
            during = asyncio.gather(*(outcome(client, query) for query in requests))
            await asyncio.sleep(OUTAGE_SECONDS)
            proxy.resume()
            found.update(await during)
            found.update(await outcomes_until_well(client, READ))
            found.update(await outcomes_until_well(client, WRITE % f"After {round}"))
            alive = await client.get("/healthz")

    assert set(found) <= {"OK", "503 UNAVAILABLE", "503 TIMEOUT"}
    assert alive.status_code == 200
    logged = [json.loads(line) for line in server.logs[0].splitlines()]
    # The driver's own background tasks log through asyncio.
    assert [line for line in logged if "exception" in line and line["logger"].startswith("pursuit")] == []
