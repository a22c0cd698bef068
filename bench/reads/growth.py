"""Growth: the latency of Pursuit's reads on databases of several sizes, in one table."""

from dataclasses import dataclass
from functools import partial

import httpx
from rich.console import Console
from rich.table import Table

from bench.reads import queries
from bench.reads.contenders import CONTENDERS, pursuit_deals, pursuit_request
from bench.reads.data import COMMON_WORD, FilledDatabase, fill, member_id
from bench.reads.servers import Cores, MeasuredServer, Request, run_load, start_server
from schema.core.ids import encode
from tests.support.databases import Databases
from workflow.rules.enums import OpportunityOrderField, OrderDirection

SIZES = (10_000, 100_000, 1_000_000)
OWNERS_IN_TURN = 4
WORD_WITHOUT_HITS = "zzyzx"


@dataclass(frozen=True)
class Reading:
    """The latency of one kind of read at one size, or the error that it was answered with."""

    p50: float | None = None
    p95: float | None = None
    error: str = "no answer in time"

    def __str__(self) -> str:
        return self.error if self.p50 is None else f"{self.p50:.1f} / {self.p95:.1f}"


async def measure_growth(
    databases: Databases, cores: Cores, *, sizes: tuple[int, ...], seconds: float
) -> None:
    """Fill a database of each size, measure all reads over one connection, and print the latencies."""
    readings: dict[str, list[Reading]] = {}
    for size in sizes:
        url = await databases.copy()
        database = await fill(url, size)
        for name, reading in (await _read(database, cores, seconds)).items():
            readings.setdefault(name, []).append(reading)
        await databases.drop(url)
    table = Table("read", title="p50 / p95 in ms, one connection")
    for size in sizes:
        table.add_column(f"{size:,}", justify="right")
    table.add_column("p95 ×", justify="right")
    for name, at_sizes in readings.items():
        table.add_row(name, *map(str, at_sizes), _factor(at_sizes))
    Console(width=120).print(table)


def _factor(readings: list[Reading]) -> str:
    smallest = readings[0].p95
    largest = readings[-1].p95
    return f"{largest / smallest:.2f}" if smallest and largest else "–"


async def _read(database: FilledDatabase, cores: Cores, seconds: float) -> dict[str, Reading]:
    [pursuit] = [one for one in CONTENDERS if one.name == "U"]
    environ = pursuit.environ(database)
    async with start_server(partial(pursuit.command, database), environ, cores) as server:
        return {
            name: await _measure(server, requests, seconds) for name, requests in _reads(database).items()
        }


async def _measure(server: MeasuredServer, requests: list[Request], seconds: float) -> Reading:
    """Ask each request once, which must not be answered with an error, and then measure all of them."""
    async with httpx.AsyncClient(base_url=server.address, timeout=60) as client:
        for request in requests:
            answer = await client.post(request.path, json=request.body, headers=dict(request.headers or {}))
            if errors := answer.json().get("errors"):
                return Reading(error=str(errors[0]["extensions"].get("code", "failed")))
    figures = await run_load(server, requests, connections=1, seconds=seconds)
    return Reading(figures.p50, figures.p95)


def _reads(database: FilledDatabase) -> dict[str, list[Request]]:
    """Return the reads by name, each with requests that are sent in turn."""
    reads = {
        "board": [pursuit_request(database, queries.BOARD)],
        "list": [pursuit_request(database, queries.LIST)],
        "deal": pursuit_deals(database),
        "count of open deals": [
            pursuit_request(database, "{ opportunities(filter: {open: true}) { totalCount } }")
        ],
    }
    rare_word = str(database.size - 1)
    for name, text in (
        ("many hits", COMMON_WORD), ("one hit", rare_word), ("no hits", WORD_WITHOUT_HITS)
    ):  # fmt: skip
        reads[f"text, {name}"] = [_page(database, f'filter: {{text: "{text}"}}')]
    owners = [encode("Member", member_id(number)) for number in range(OWNERS_IN_TURN)]
    filters = {
        "open": ["open: true"],
        "PROGRESSING": ["state: [PROGRESSING]"],
        "owner": [f'ownerId: ["{owner}"]' for owner in owners],
    }
    for field in OpportunityOrderField:
        for name, conditions in filters.items():
            reads[f"{field.name}, {name}"] = [
                _page(
                    database,
                    f"filter: {{{condition}}}, orderBy: [{{field: {field.name}, direction: {way.name}}}]",
                )
                for condition in conditions
                for way in OrderDirection
            ]
    return reads


def _page(database: FilledDatabase, arguments: str) -> Request:
    query = f"{{ opportunities(first: 50, {arguments}) {{ nodes {{ id number name state }} }} }}"
    return pursuit_request(database, query)
