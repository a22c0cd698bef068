"""Benchmark of CEL expressions: 10,000 random ones, compiled and evaluated on a deal with large data."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter, thread_time

from rich.console import Console
from rich.table import Table

from tests.support.rules.random_expressions import RandomExpressions
from workflow.rules.gates.cel import evaluate_expression, expression_faults, load_cel

COUNT = 10_000
LARGE_DATA_SIZE = 100
"""Elements of each list, and thousands of characters of each text."""


@dataclass(frozen=True)
class CallTime:
    """Milliseconds of one call: CPU time and wall time."""

    cpu: float
    wall: float


def main() -> None:
    """Measure and print the table."""
    expressions = RandomExpressions(2026)
    cases = [(text, expressions.cel_values(large=LARGE_DATA_SIZE)) for text in expressions.generate(COUNT)]
    load_cel()
    # A collection in the middle of a call would count as the time of an expression.
    gc.collect()
    gc.freeze()
    compiled: list[CallTime] = []
    evaluated: list[CallTime] = []
    for text, values in cases:
        compiled.append(_time_call(partial(expression_faults, text)))
        if not expression_faults(text):
            evaluated.append(_time_call(partial(evaluate_expression, text, values)))
    titles = ("calls", "median ms", "p99 ms", "p99.9 ms", "max ms", "max wall ms")
    table = Table("step", *titles, title=f"{COUNT:,} random expressions over large data")
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("compile and check, once per process version", *_row(compiled))
    table.add_row("evaluate on a deal, if it can be published", *_row(evaluated))
    Console(width=130).print(table)


def _time_call(call: Callable[[], object]) -> CallTime:
    cpu_start = thread_time()
    wall_start = perf_counter()
    call()
    return CallTime(1000 * (thread_time() - cpu_start), 1000 * (perf_counter() - wall_start))


def _row(calls: Sequence[CallTime]) -> tuple[str, ...]:
    times = sorted(one.cpu for one in calls)
    shares = (times[int(share * (len(times) - 1))] for share in (0.5, 0.99, 0.999, 1))
    return f"{len(times):,}", *(f"{time:.2f}" for time in shares), f"{max(one.wall for one in calls):.2f}"


if __name__ == "__main__":
    main()
