"""The demo: an organization with a public data set, created on the first start."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo

from api.database import in_one_transaction
from api.demo import crm_sales_opportunities as crm
from api.demo import story
from api.demo.rules import demo_process
from api.files.atomic_file import OWNER_ONLY, write_atomically
from api.files.import_batches import ImportTally
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.people.bootstrap import init_organization, issue_key
from workflow.operations.process.processes import publish
from workflow.queries.people.credentials import authenticate_api_key
from workflow.rules.enums import Role, TransitionSource
from workflow.rules.errors import DuplicateError

NAME = "Demo"
CURRENCY = "USD"
ZONE = "UTC"
MEMBER_OF_ROLE: dict[Role, str | None] = {
    Role.ADMIN: "admin@example.com",
    Role.MANAGER: "melvin.marxen@example.com",
    Role.REP: "darcel.schlecht@example.com",
    Role.INTEGRATOR: None,
    Role.OBSERVER: None,
}
"""The member that the API key of each role acts as."""


async def ensure_demo(
    url: str, keys_file: Path, now: datetime | None = None, report: Callable[[str], None] | None = None
) -> dict[str, str]:
    """Return the demo's API keys by role.

    If the migrated database has no demo, create all of it in one transaction.
    """
    moment = now or datetime.now(UTC)
    print_line = report or (lambda sentence: None)

    async def work() -> dict[str, str]:
        stored = _load_keys(keys_file)
        if stored and await authenticate_api_key(stored[Role.ADMIN], moment):
            return stored
        try:
            await _create_demo(moment, print_line)
        except DuplicateError:
            # The demo exists, but the file of its keys is lost.
            return await _create_keys(moment)
        keys = await _create_keys(moment)
        await _apply_story(keys, moment, print_line)
        return keys

    keys = await in_one_transaction(url, work)
    _save_keys(keys_file, keys)
    return keys


async def _create_demo(now: datetime, report: Callable[[str], None]) -> None:
    """Create the organization and import its deals."""
    # Deals whose story begins on an earlier day are imported on the first day of the story, the others now.
    story_start = now - timedelta(days=story.days_covered())
    created = await init_organization(
        name=NAME,
        email="admin@example.com",
        admin_name="Ada Admin",
        currency=CURRENCY,
        time_zone=ZONE,
        now=story_start,
    )
    ctx = Ctx(viewer=system_viewer(created.organization_id), now=now, source=TransitionSource.IMPORT)
    earlier = replace(ctx, now=story_start)
    await publish(earlier, demo_process())
    with as_file(files("api.demo") / "data") as folder:
        file = folder / crm.PIPELINE
        yesterday = now.astimezone(ZoneInfo(ZONE)).date() - timedelta(days=1)
        options = crm.DataSetOptions(
            currency=CURRENCY, zone=ZoneInfo(ZONE), date_shift=yesterday - crm.latest_date(file)
        )
        total = crm.count_rows(file)
        await crm.import_data_set(earlier, file, options, ImportTally(), only_ids=story.backdated_deals())
        tally = ImportTally(
            on_progress=lambda done: report(f"The demo: {done:,} of {total:,} opportunities imported.")
        )
        await crm.import_data_set(ctx, file, options, tally)


async def _apply_story(keys: dict[str, str], now: datetime, report: Callable[[str], None]) -> None:
    """Apply the story of some open deals, as their seller and the seller's manager."""
    seller = await authenticate_api_key(keys[Role.REP], now)
    manager = await authenticate_api_key(keys[Role.MANAGER], now)
    if seller is None or manager is None:
        raise LookupError("An API key that was just created belongs to no member.")
    deals = await story.apply_story(Ctx(viewer=seller, now=now), Ctx(viewer=manager, now=now), crm.SYSTEM)
    report(f"The demo: {deals} open deals have a story, so that every gate and every alert has an example.")


async def _create_keys(now: datetime) -> dict[str, str]:
    created = {
        role: await issue_key(organization_name=NAME, role=role, email=email, now=now)
        for role, email in MEMBER_OF_ROLE.items()
    }
    return {role.value: key.api_key for role, key in created.items()}


def _load_keys(file: Path) -> dict[str, str] | None:
    """Return the keys of an earlier start, None if any is missing."""
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(stored, dict) or any(
        not isinstance(stored.get(role.value), str) for role in MEMBER_OF_ROLE
    ):
        return None
    return {role.value: stored[role.value] for role in MEMBER_OF_ROLE}


def _save_keys(file: Path, keys: dict[str, str]) -> None:
    """Write the keys, readable by the owner of the file only. The file is complete or absent."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(file, mode=OWNER_ONLY) as opened:
        json.dump(keys, opened, indent=2)
