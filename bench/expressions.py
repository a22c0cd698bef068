"""How long one expression takes on one deal: 10,000 random ones over large data, and how long each takes to be read first."""

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
"""Parts of a list, and thousands of characters of a text."""


@dataclass(frozen=True)
class CallTime:
    """Milliseconds of one call: of the processor, and by the clock on the wall, others' work included."""

    processor: float
    wall: float


def main() -> None:
    """Measure and print the table; the processor's times are the product's own, the wall's are the machine's too."""
    expressions = RandomExpressions(2026)
    cases = [(text, expressions.cel_values(large=LARGE_DATA_SIZE)) for text in expressions.generate(COUNT)]
    load_cel()
    gc.collect()
    gc.freeze()
    compiled, evaluated = list[CallTime](), list[CallTime]()
    for text, values in cases:
        compiled.append(_time_call(partial(expression_faults, text)))
        if not expression_faults(text):
            evaluated.append(_time_call(partial(evaluate_expression, text, values)))
    titles = ("times", "median ms", "p99 ms", "p99.9 ms", "most ms", "most on the wall ms")
    table = Table("what", *titles, title=f"{COUNT:,} random expressions over large data")
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("read and checked, at publish and once a process", *_row(compiled))
    table.add_row("evaluated on a deal, of those that can be published", *_row(evaluated))
    Console(width=130).print(table)


def _time_call(call: Callable[[], object]) -> CallTime:
    processor, wall = thread_time(), perf_counter()
    call()
    return CallTime(1000 * (thread_time() - processor), 1000 * (perf_counter() - wall))


def _row(calls: Sequence[CallTime]) -> tuple[str, ...]:
    times = sorted(one.processor for one in calls)
    shares = (times[int(share * (len(times) - 1))] for share in (0.5, 0.99, 0.999, 1))
    return f"{len(times):,}", *(f"{time:.2f}" for time in shares), f"{max(one.wall for one in calls):.2f}"


if __name__ == "__main__":
    main()
