"""Benchmark of points: the latency of each shape of request beside its cost in points, on PostgreSQL."""

import argparse
import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import httpx
from rich.console import Console
from rich.table import Table

from bench.reads import queries
from bench.reads.contenders import CONTENDERS, pursuit_deals, pursuit_request
from bench.reads.data import COMMON_WORD, FilledDatabase, fill
from bench.reads.growth import WORD_WITHOUT_HITS
from bench.reads.servers import Cores, Request, start_server
from schema.core.ids import encode
from tests.support.databases import databases
from workflow.rules.enums import OpportunityState

SIZE = 20_000
ROUNDS = 5
PERIOD = '{ from: "2020-01-01", to: "2030-12-31" }'


@dataclass(frozen=True)
class Measured:
    """The points of a request, and the least of its latencies in ms: other load adds to the rest."""

    points: int
    milliseconds: float


async def main(size: int, rounds: int) -> None:
    """Fill a database, ask each shape in turn, and print points, milliseconds and their ratio."""
    os.environ["PURSUIT_TEST_DATABASE"] = "postgres"
    table = Table("shape", title=f"Cost and latency, {size:,} opportunities, one connection")
    for heading in ("points", "ms", "ms per point"):
        table.add_column(heading, justify="right")
    cores = Cores.choose()
    cores.pin_this_process()
    [pursuit] = [one for one in CONTENDERS if one.name == "U"]
    async with databases() as server:
        database = await fill(await server.copy(), size)
        start = start_server(partial(pursuit.command, database), pursuit.environ(database), cores)
        async with start as running, httpx.AsyncClient(base_url=running.address, timeout=60) as client:
            for name, request in _requests(database):
                found = await _measure(client, request, rounds)
                ratio = found.milliseconds / found.points
                table.add_row(name, f"{found.points:,}", f"{found.milliseconds:,.1f}", f"{ratio:.3f}")
    Console(width=100).print(table)


async def _measure(client: httpx.AsyncClient, request: Request, rounds: int) -> Measured:
    """Ask once to warm up, and then for the figures; an answer with an error ends the benchmark."""
    latencies = []
    points = 0
    for _ in range(1 + rounds):
        started = perf_counter()
        answer = await client.post(request.path, json=request.body, headers=dict(request.headers or {}))
        latencies.append(1000 * (perf_counter() - started))
        body = answer.json()
        if "errors" in body:
            raise SystemExit(f"{request.body}: {body['errors']}")
        points = body["extensions"]["cost"]["requested"]
    return Measured(points, min(latencies[1:]))


def _requests(database: FilledDatabase) -> Iterator[tuple[str, Request]]:
    """Yield a request of each shape: light ones, totals and filters, parts of 50 deals, reports, writes."""
    documents = {
        "viewer": queries.VIEWER,
        "list of 100 × 14": queries.LIST,
        "board of 50": queries.BOARD,
        "board of 6 × 50": _board_of_all_states(),
        **PAGES,
        **{f"50 deals, {name}": _deals("{state: [PROGRESSING]}", part) for name, part in PARTS.items()},
        **{f"filter: {name}": _deals(filter) for name, filter in FILTERS.items()},
        "filter: text, with total": _deals(FILTERS["text"], total="totalCount"),
        **{f"report: {name}": f"{{ reports {{ {report} }} }}" for name, report in REPORTS.items()},
    }
    for name, document in documents.items():
        yield name, pursuit_request(database, document)
    yield "one deal with everything", pursuit_deals(database)[0]
    deals = [{"id": encode("Opportunity", id)} for id in database.full_deals(BULK)]
    yield f"dry run: lose {BULK} deals", pursuit_request(database, LOSE, deals=deals)
    rows = [{"externalId": str(n), "name": f"Import {n}", "accountName": f"New {n}"} for n in range(BULK)]
    yield f"dry run: import {BULK} rows", pursuit_request(database, IMPORT, rows=rows)


def _board_of_all_states() -> str:
    """Return the board once for each state, in one document."""
    board = queries.BOARD.removeprefix("{").removesuffix("}")
    columns = {state.lower(): board.replace("open: true", f"state: [{state}]") for state in OpportunityState}
    return "{" + " ".join(f"{alias}: {column}" for alias, column in columns.items()) + "}"


def _deals(filter: str, part: str = "number name state", *, total: str = "") -> str:
    return f"{{ opportunities(first: 50, filter: {filter}) {{ {total} nodes {{ id {part} }} }} }}"


BULK = 20
PAGES = {
    "total of all": "{ opportunities(first: 1) { totalCount totalValue { amount } } }",
    "total of open": "{ opportunities(first: 1, filter: {open: true}) { totalCount } }",
    "pages of 50 accounts": """{ accounts(first: 50) { nodes {
        opportunities(first: 5) { nodes { number } } } } }""",
    "totals of 50 accounts": """{ accounts(first: 50) { nodes {
        opportunities(first: 1) { totalCount totalValue { amount } } } } }""",
}
FILTERS = {
    "open": "{open: true}",
    "text": f'{{text: "{COMMON_WORD}"}}',
    "text without hits": f'{{text: "{WORD_WITHOUT_HITS}"}}',
    "not": "{not: {open: true, riskLevel: [LOW]}}",
    "not text": f'{{not: {{text: "{COMMON_WORD}"}}}}',
    "any of": f'{{anyOf: [{{text: "{COMMON_WORD}"}}, {{not: {{state: [WON]}}}}]}}',
    "competitor": '{competitorName: ["Rival 3"]}',
    "missing": "{missing: [OBJECTIVES, COMPETITORS]}",
    "alert": "{alertSeverity: [CRITICAL]}",
}
PARTS = {
    "transitions": "transitions { trigger readiness unmetCount }",
    "requirements": "transitions { trigger requirements { key status explanation remedy } }",
    "insight": "insight { topics { topic status summary missing } }",
    "health": "health { score band }",
    "health factors": "health { score factors { key points explanation } }",
    "qualification": "qualification { score }",
    "buyer": "buyer { coveragePercent }",
    "progress": "progress { percent }",
    "time in states": "timeInStates { state }",
    "duplicates": "possibleDuplicates { id }",
    "history": "history(first: 5) { nodes { trigger at } }",
    "history total": "history(first: 1) { totalCount }",
    "activities": "activities(first: 5) { nodes { kind at } }",
    "risks": "risks { statement level }",
    "alerts": "alerts { code }",
}
REPORTS = {
    "pipeline": "pipeline { rows { key count } }",
    "funnel": f"funnel(period: {PERIOD}) {{ steps {{ state }} }}",
    "velocity": f"velocity(period: {PERIOD}) {{ winRate }}",
    "forecast": f"forecast(period: {PERIOD}) {{ coverage }}",
    "outcomes": f"outcomes(period: {PERIOD}) {{ rows {{ key }} }}",
    "slippage": f"slippage(period: {PERIOD}) {{ closing {{ amount }} }}",
    "overrides": "overrides { total { overrides } }",
}
LOSE = """mutation ($deals: [OpportunityRef!]!) { transitionOpportunities(input: {
    opportunities: $deals, trigger: LOSE, lossReason: PRICE, note: "Bench", dryRun: true}) { __typename } }"""
IMPORT = """mutation ($rows: [ImportRow!]!) { importOpportunities(input: {
    externalSystem: "bench", rows: $rows, dryRun: true}) { __typename } }"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.points", description=__doc__)
    parser.add_argument("size", type=int, nargs="?", default=SIZE, help="number of opportunities")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="measurements of each shape")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.size, arguments.rounds))
