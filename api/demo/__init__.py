"""The demo: an organization with a published data set, made on first start and kept ever after."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo

from api.database import in_one_transaction
from api.demo import crm_sales_opportunities as crm
from api.demo import story
from api.demo.rules import process
from api.files.import_batches import Tally
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.people.api_keys import make_key
from workflow.operations.people.organizations import init_organization
from workflow.operations.process.processes import publish
from workflow.queries.people.credentials import viewer_of
from workflow.rules.enums import Role, TransitionSource
from workflow.rules.errors import Duplicate

NAME = "Demo"
CURRENCY = "USD"
ZONE = "UTC"
SPEAKS_FOR: dict[Role, str | None] = {
    Role.ADMIN: "admin@example.com",
    Role.MANAGER: "melvin.marxen@example.com",
    Role.REP: "darcel.schlecht@example.com",
    Role.INTEGRATOR: None,
    Role.OBSERVER: None,
}
"""The member that each role's key acts as."""


async def ensure(
    url: str, keys_file: Path, now: datetime | None = None, report: Callable[[str], None] | None = None
) -> dict[str, str]:
    """The demo's keys by role; founds the demo in a migrated database that has none, all of it or nothing."""
    moment, tell = now or datetime.now(UTC), report or (lambda sentence: None)

    async def work() -> dict[str, str]:
        kept = _kept(keys_file)
        if kept and await viewer_of(kept[Role.ADMIN], moment):
            return kept
        try:
            await _found(moment, tell)
        except Duplicate:  # the demo is there and only its keys are lost
            return await _keys(moment)
        keys = await _keys(moment)
        await _tell_further(keys, moment, tell)
        return keys

    keys = await in_one_transaction(url, work)
    _keep(keys_file, keys)
    return keys


async def _found(now: datetime, tell: Callable[[str], None]) -> None:
    """Founded before the story begins: what is told of earlier days was recorded then, the other deals now."""
    then = now - timedelta(days=story.longest())
    founded = await init_organization(
        name=NAME, email="admin@example.com", admin_name="Ada Admin", currency=CURRENCY, time_zone=ZONE, now=then
    )
    ctx = Ctx(viewer=system_viewer(founded.organization_id), now=now, source=TransitionSource.IMPORT)
    earlier = replace(ctx, now=then)
    await publish(earlier, process())
    with as_file(files("api.demo") / "data") as folder:
        file = folder / crm.PIPELINE
        yesterday = now.astimezone(ZoneInfo(ZONE)).date() - timedelta(days=1)
        reading = crm.Reading(currency=CURRENCY, zone=ZoneInfo(ZONE), shift=yesterday - crm.newest_day(file))
        total = crm.count(file)
        await crm.import_data_set(earlier, file, reading, Tally(), only=story.older())
        tally = Tally(progress=lambda done: tell(f"The demo: {done:,} of {total:,} opportunities imported."))
        await crm.import_data_set(ctx, file, reading, tally)


async def _tell_further(keys: dict[str, str], now: datetime, tell: Callable[[str], None]) -> None:
    """The story of some open deals, told by their seller and the seller's manager."""
    seller, manager = await viewer_of(keys[Role.REP], now), await viewer_of(keys[Role.MANAGER], now)
    if seller is None or manager is None:
        raise LookupError("A key that was just made speaks for nobody.")
    told = await story.tell(Ctx(viewer=seller, now=now), Ctx(viewer=manager, now=now), crm.SYSTEM)
    tell(f"The demo: {told} open deals told further, so that each gate and each alert has something to show.")


async def _keys(now: datetime) -> dict[str, str]:
    made = {
        role: await make_key(organization_name=NAME, role=role, email=email, now=now)
        for role, email in SPEAKS_FOR.items()
    }
    return {role.value: key.api_key for role, key in made.items()}


def _kept(file: Path) -> dict[str, str] | None:
    """The keys of an earlier start, None where there are none or not all."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(kept, dict) or any(not isinstance(kept.get(role.value), str) for role in SPEAKS_FOR):
        return None
    return {role.value: kept[role.value] for role in SPEAKS_FOR}


def _keep(file: Path, keys: dict[str, str]) -> None:
    """Write the keys for nobody else to read, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f"{file.name}.new")
    half.unlink(missing_ok=True)
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        json.dump(keys, opened, indent=2)
    half.replace(file)
