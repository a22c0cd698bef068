"""Command of the benchmark of reads: `python -m bench.reads`, and with `--growth` for several sizes."""

import argparse
import asyncio
import os

from rich.console import Console

from bench.reads.comparison import compare
from bench.reads.contenders import CONTENDERS
from bench.reads.data import fill
from bench.reads.growth import SIZES, measure_growth
from bench.reads.servers import CannotStart, Cores, node
from tests.support.databases import databases

NAMES = tuple(contender.name for contender in CONTENDERS)


async def main(arguments: argparse.Namespace) -> None:
    """Start PostgreSQL on the core of the load, fill it, measure, and print the table."""
    os.environ["PURSUIT_TEST_DATABASE"] = "postgres"
    console = Console(width=120)
    try:
        node()
    except CannotStart as problem:
        console.print(f"Nothing was measured, because the load generator needs Node. {problem}")
        return
    cores = Cores.choose()
    cores.pin_this_process()
    console.print(_where(cores))
    async with databases() as server:
        if arguments.growth:
            await measure_growth(server, cores, sizes=tuple(arguments.sizes), seconds=arguments.seconds)
        else:
            database = await fill(await server.copy(), arguments.size)
            await compare(
                database, cores, names=arguments.only, rounds=arguments.rounds, seconds=arguments.seconds
            )


def _where(cores: Cores) -> str:
    """Return in words which process runs on which core."""
    if cores.server is None:
        return "Not pinned to cores: database, load and server share all of them, so ratios are rough."
    if os.environ.get("PURSUIT_TEST_POSTGRES_URL"):
        return f"Load on core {cores.load}, server on core {cores.server}; the given database is not pinned."
    return f"Database and load on core {cores.load}, server on core {cores.server}."


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.reads", description=__doc__)
    parser.add_argument("size", type=int, nargs="?", default=5000, help="number of opportunities")
    parser.add_argument("--only", nargs="+", default=list(NAMES), choices=NAMES, help="the contenders")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the comparison")
    parser.add_argument("--seconds", type=float, default=5, help="length of each measurement")
    parser.add_argument("--growth", action="store_true", help="measure Pursuit alone, at several sizes")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="the sizes of --growth")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main(_arguments()))
