"""Comparison of all contenders on the same data: requests per second, latency, and ratios, in one table."""

from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from bench.reads.contenders import CONTENDERS, Contender, comparable
from bench.reads.data import FilledDatabase
from bench.reads.servers import CannotStart, Cores, Figures, MeasuredServer, Request, run_load, start_server

CONNECTIONS = 8
WORKS = {
    "board": "board of 50 deals",
    "list": "list of 100 × 14",
    "deal": "one deal with everything",
    "viewer": "viewer",
    "column": "one column of 50 cards",
    "columns": "six columns of 50 cards",
}
COMPARED = ("board", "list")
"""The kinds of work whose answers must be equal."""


@dataclass(frozen=True)
class Running:
    """A contender whose server runs."""

    contender: Contender
    server: MeasuredServer


async def compare(
    database: FilledDatabase, cores: Cores, *, names: Collection[str], rounds: int, seconds: float
) -> None:
    """Measure every kind of work with the named contenders that start and answer as the others do."""
    console = Console(width=120)
    async with AsyncExitStack() as stack:
        running = await _start_all(stack, database, cores, names, console)
        running = [one for one in running if await _answers_alike(one, running[0], database, console)]
        title = f"{database.size:,} opportunities, {CONNECTIONS} connections, medians of {rounds} rounds"
        table = Table("work", "contender", title=title)
        for heading in ("requests/s", "× P", "× L2", "CPU ms", "p50 ms", "p95 ms", "kB"):
            table.add_column(heading, justify="right")
        for work in WORKS:
            measured = await _measure(work, running, database, rounds, seconds)
            _add_rows(table, work, measured)
    console.print(table)


async def _start_all(
    stack: AsyncExitStack,
    database: FilledDatabase,
    cores: Cores,
    names: Collection[str],
    console: Console,
) -> list[Running]:
    running = []
    for contender in (one for one in CONTENDERS if one.name in names):
        try:
            server = start_server(partial(contender.command, database), contender.environ(database), cores)
            started = await stack.enter_async_context(server)
        except CannotStart as problem:
            console.print(f"{contender.name} ({contender.title}) is left out. {problem}")
        else:
            running.append(Running(contender, started))
    return running


async def _answers_alike(
    one: Running, reference: Running, database: FilledDatabase, console: Console
) -> bool:
    """Check that a contender answers, and that its board and its list are those of the reference."""
    try:
        for work, requests_for in one.contender.requests.items():
            answer = await _ask(one.server.address, requests_for(database)[0])
            if work in COMPARED:
                expected = await _ask(
                    reference.server.address, reference.contender.requests[work](database)[0]
                )
                _require_equal(one.contender.rows(answer), reference.contender.rows(expected), work)
    except WrongAnswer as problem:
        console.print(f"{one.contender.name} ({one.contender.title}) is left out. {problem}")
        return False
    return True


class WrongAnswer(Exception):
    """An answer is an error, or differs from the reference; the message says how."""


async def _ask(address: str, request: Request) -> Any:  # Any: JSON
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        method = "GET" if request.body is None else "POST"
        answer = await client.request(
            method, request.path, json=request.body, headers=dict(request.headers or {})
        )
    content = answer.json() if answer.is_success else None
    if content is None or (isinstance(content, dict) and "errors" in content):
        raise WrongAnswer(f"It answered {request.path} with {answer.status_code}: {answer.text[:300]}")
    return content


def _require_equal(rows: Any, expected: Any, work: str) -> None:
    if len(rows) != len(expected):
        raise WrongAnswer(f"Its {work} has {len(rows)} deals instead of {len(expected)}.")
    for row, other in zip(comparable(rows), comparable(expected), strict=True):
        if row != other:
            raise WrongAnswer(f"Its {work} has {row} instead of {other}.")


async def _measure(
    work: str, running: Sequence[Running], database: FilledDatabase, rounds: int, seconds: float
) -> dict[Contender, list[Figures]]:
    """Measure one kind of work; the contenders take turns in every round, so that other load affects all."""
    taking_part = [one for one in running if work in one.contender.requests]
    measured: dict[Contender, list[Figures]] = {one.contender: [] for one in taking_part}
    for one in taking_part:
        # Not counted: connections are opened, statements prepared and code compiled here.
        await _load(one, work, database, seconds)
    for _ in range(rounds):
        for one in taking_part:
            measured[one.contender].append(await _load(one, work, database, seconds))
    return measured


async def _load(one: Running, work: str, database: FilledDatabase, seconds: float) -> Figures:
    requests = one.contender.requests[work](database)
    return await run_load(one.server, requests, connections=CONNECTIONS, seconds=seconds)


def _add_rows(table: Table, work: str, measured: dict[Contender, list[Figures]]) -> None:
    speeds = {
        one.name: median(figures.requests_per_second for figures in rounds)
        for one, rounds in measured.items()
    }
    for contender, rounds in measured.items():
        first = contender is next(iter(measured))
        speed = speeds[contender.name]
        failures = sum(figures.failures for figures in rounds)
        table.add_row(
            WORKS[work] if first else "",
            f"{contender.name} {contender.title}" + (f" ({failures} failures)" if failures else ""),
            f"{speed:,.1f}",
            _ratio(speed, speeds.get("P")),
            _ratio(speed, speeds.get("L2")),
            _latency([figures.cpu_ms for figures in rounds]),
            _latency([figures.p50 for figures in rounds]),
            _latency([figures.p95 for figures in rounds]),
            f"{rounds[0].size / 1000:.1f}",
        )
    table.add_section()


def _ratio(speed: float, reference: float | None) -> str:
    return f"{speed / reference:.2f}" if reference else "–"


def _latency(rounds: list[float | None]) -> str:
    answered = [latency for latency in rounds if latency is not None]
    return f"{median(answered):.2f}" if answered else "–"
