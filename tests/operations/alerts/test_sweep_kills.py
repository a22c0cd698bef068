"""Sweeps that are killed or suspended: another process continues, and each event is recorded once."""

import asyncio
import random
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.operations.alerts.sweep_process import set_clock
from tests.support.counts import count
from tests.support.databases import Databases
from tests.support.organizations import NOW, new_organization
from tests.support.scenarios.alerts import DAY
from tests.support.scenarios.open_deals import insert_open_deals
from tests.support.serving import ROOT
from workflow.models import Alert, Event, JobLease, Opportunity
from workflow.models.engine.database import dialect, open_database
from workflow.operations.alerts.sweep import sweep

KILLS = count(100, part=20)
DEALS = 60
PROCESSES = {"postgres": 3, "sqlite": 1}
"""The number of processes. One process at a time opens SQLite's file."""
LEASE = timedelta(minutes=3)
THAW = 5
MOST = 19
"""The step of the clock, the steps after which a suspended process continues, and the limit of steps."""
END = timedelta(hours=2)
"""The last step of a day, after which one more sweep is due."""
TIMEOUT = 60.0


@dataclass
class SweepProcesses:
    """Processes that sweep, with the lines that each has printed."""

    url: str
    clock: Path
    output: "asyncio.Queue[tuple[asyncio.subprocess.Process, str]]" = field(default_factory=asyncio.Queue)
    running: list[asyncio.subprocess.Process] = field(default_factory=list)
    readers: "set[asyncio.Task[None]]" = field(default_factory=set)

    async def start(self) -> None:
        """Start another process, and wait until it runs."""
        command = (
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "tests.operations.alerts.sweep_process",
            self.url,
            str(self.clock),
        )
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        self.running.append(process)
        task = asyncio.create_task(self._read_output(process))
        self.readers.add(task)
        await self.wait_for("ready", process)

    async def wait_for(
        self, what: str, by: asyncio.subprocess.Process | None = None
    ) -> asyncio.subprocess.Process:
        """Wait for a line, and return the process that printed it."""
        async with asyncio.timeout(TIMEOUT):
            while True:
                process, line = await self.output.get()
                if line == what and by in (None, process):
                    return process

    async def kill(self, process: asyncio.subprocess.Process) -> None:
        """Kill a process."""
        if process.returncode is None:
            process.kill()
        await process.wait()
        self.running.remove(process)

    async def _read_output(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self.output.put_nowait((process, line.decode().strip()))


@asynccontextmanager
async def sweep_processes(url: str, clock: Path) -> AsyncIterator[SweepProcesses]:
    """Start as many processes as the database allows, and kill them at the end."""
    made = SweepProcesses(url, clock)
    try:
        for _ in range(PROCESSES[dialect()]):
            await made.start()
        yield made
    finally:
        for process in list(made.running):
            await made.kill(process)
        await asyncio.gather(*made.readers)


async def test_every_alert_event_is_recorded_once_although_sweeping_processes_are_killed_or_frozen(
    own_database: str, run_databases: Databases, tmp_path: Path
) -> None:
    async with open_database(own_database, all_contexts=False):
        await insert_open_deals(await new_organization(), DEALS)
        before = await Opportunity.all().order_by("id").values("id", "version", "updated_at")
    twin = await run_databases.copy(own_database)
    days = [NOW + (day + 0.5) * DAY for day in range(1, KILLS + 1)]
    async with open_database(twin, all_contexts=False):
        for end in (NOW, *(day + END for day in days)):
            await sweep(lambda end=end: end)  # type: ignore[misc]
        undisturbed = await _alert_histories()
    await run_databases.drop(twin)
    set_clock(tmp_path / "clock", NOW)
    async with (
        open_database(own_database, all_contexts=False),
        sweep_processes(own_database, tmp_path / "clock") as sweepers,
    ):
        rng = random.Random(8)
        await _sweep_until(sweepers, NOW)
        for number, day in enumerate(days):
            await _interrupt_sweep(sweepers, day, rng, freeze=number % 2 == 1)
        disturbed = await _alert_histories()
        after = await Opportunity.all().order_by("id").values("id", "version", "updated_at")

    assert len(undisturbed) > DEALS
    assert disturbed == undisturbed
    assert after == before


async def _interrupt_sweep(
    sweepers: SweepProcesses, day: datetime, rng: random.Random, *, freeze: bool
) -> None:
    """Interrupt the sweep of a day, let another process finish it after the lease, and sweep once more."""
    set_clock(sweepers.clock, day)
    victim = await sweepers.wait_for("batch")
    await asyncio.sleep(rng.uniform(0, 0.05))
    if freeze:
        victim.send_signal(signal.SIGSTOP)
    else:
        await sweepers.kill(victim)
        await sweepers.start()
    turn = 0
    done = JobLease.filter(name="sweep", done_at__gte=day)
    async with asyncio.timeout(TIMEOUT):
        while turn < THAW or not await done.exists():
            turn += 1
            set_clock(sweepers.clock, day + min(turn, MOST) * LEASE)
            await asyncio.sleep(0.1)
            if turn == THAW and freeze:
                victim.send_signal(signal.SIGCONT)
    assert not await Alert.filter(last_seen_at__lt=day).exclude(status="RESOLVED").exists()
    await _sweep_until(sweepers, day + END)


async def _sweep_until(sweepers: SweepProcesses, end: datetime) -> None:
    """Move the clock until a complete sweep has begun at the end, and wait for it."""
    set_clock(sweepers.clock, end)
    async with asyncio.timeout(TIMEOUT):
        while True:
            [lease] = await JobLease.filter(name="sweep").values("done_at", "leased_until")
            if lease["done_at"] == end and lease["leased_until"] is None:
                return
            await asyncio.sleep(0.05)


async def _alert_histories() -> dict[tuple[str, ...], list[tuple[str, str]]]:
    """Return the events of each alert, by deal, code and subject, and its final columns."""
    rows: dict[str, Any] = {str(row["id"]): row for row in await Alert.all().order_by("id").values()}
    events: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
    for fact in (
        await Event.filter(type__startswith="alert.").order_by("xid", "pos").values("type", "payload")
    ):
        if fact["type"] == "alert.digest":
            continue
        about = fact["payload"]
        row = rows[about["alertId"]]
        key = (str(row["opportunity_id"]), row["code"], row["subject"])
        events[key].append((fact["type"], str(about["changes"].get("severity", {}).get("new"))))
    for row in rows.values():
        key = (str(row["opportunity_id"]), row["code"], row["subject"])
        events[key].append((row["status"], row["severity"]))
    return dict(events)
