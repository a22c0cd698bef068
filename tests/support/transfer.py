"""Export from one organization and import into another, as `pursuit export` and `pursuit import` do."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from api.files import jsonl_rows
from api.files.cells import RecordKind, json_line
from api.files.exports import EXPORTS
from api.files.import_batches import ImportTally, import_lines
from api.files.jsonl_accounts_contacts import import_records
from tests.security.isolation.two_organizations import run_every_mutation
from tests.support.organizations import TestOrganization, new_organization
from workflow.models import ExchangeRate, Member, SalesProcess
from workflow.models.engine.database import dialect, fetch
from workflow.operations.core.context import system_viewer
from workflow.operations.pricing.exchange_rates import set_exchange_rate
from workflow.operations.process.processes import publish
from workflow.queries.integrity import BROKEN_HISTORIES, BROKEN_SNAPSHOTS, BROKEN_VERSIONS, PAYLOAD_VERSION
from workflow.queries.people.people import find_organization
from workflow.queries.process.processes import newest_processes
from workflow.rules.enums import Role

KINDS = (RecordKind.ACCOUNTS, RecordKind.CONTACTS, RecordKind.OPPORTUNITIES)
LATER = datetime(2027, 6, 1, tzinfo=UTC)
"""A time after all that a test records."""

_CREATED: list[TestOrganization] = []


async def organization_with_everything() -> TestOrganization:
    """Return an organization in which every mutation ran once; tests share it and must not change it."""
    if not _CREATED:
        organization = await new_organization()
        await run_every_mutation(organization)
        _CREATED.append(organization)
    return _CREATED[0]


async def assert_integrity(organization: TestOrganization) -> None:
    """Check the histories, versions and snapshots of one organization; other tests damage theirs."""
    for check in (
        BROKEN_HISTORIES,
        BROKEN_SNAPSHOTS,
        BROKEN_VERSIONS.format(version=PAYLOAD_VERSION[dialect()]),
    ):
        assert [
            row for row in await fetch(check) if str(row["organization_id"]) == str(organization.id)
        ] == []


async def copy_organization(organization: TestOrganization) -> TestOrganization:
    """Create another organization with the same people, processes and rates."""
    home = await find_organization(str(organization.id))
    other = await new_organization(currency=home.base_currency, time_zone=home.time_zone)
    for member in await Member.filter(organization_id=organization.id).values("email", "role"):
        await other.ctx_of(Role(member["role"]), member["email"])
    [mine] = (
        await SalesProcess.filter(organization_id=organization.id).order_by("-published_at").limit(1).values()
    )
    for process in await newest_processes(organization.ctx.viewer):
        await publish(other.ctx, process.document, make_default=process.id == mine["id"])
    for rate in await ExchangeRate.filter(organization_id=organization.id).order_by("valid_from").values():
        await set_exchange_rate(other.ctx, rate["currency"], rate["rate"], rate["valid_from"])
    return other


async def export_lines(organization: TestOrganization, kind: RecordKind) -> list[str]:
    """Export the lines of one kind."""
    home = await find_organization(str(organization.id))
    export = EXPORTS[kind]
    rows = [row async for batch in export.batches(system_viewer(home.id)) for row in batch]
    return [json_line(export.record(row, home)) for row in rows]


async def import_text(
    organization: TestOrganization,
    kind: RecordKind,
    lines: Iterable[str],
    folder: Path,
    *,
    dry_run: bool = False,
) -> tuple[ImportTally, list[str]]:
    """Import lines; return the outcomes, and why lines were rejected."""
    file = folder / f"{kind}.jsonl"
    reasons = list[str]()
    file.write_text("".join(lines))
    tally = ImportTally(on_reject=lambda read, reason: reasons.append(reason))
    ctx = replace(organization.ctx, viewer=system_viewer(organization.id), now=LATER)
    if kind is RecordKind.OPPORTUNITIES:
        await import_lines(ctx, jsonl_rows.parse_lines(file), tally, dry_run=dry_run)
    else:
        await import_records(ctx, kind, file, tally, dry_run=dry_run)
    return tally, reasons


async def transfer(organization: TestOrganization, folder: Path) -> tuple[TestOrganization, list[str]]:
    """Import everything into another organization; return it with the lines of its opportunities."""
    other = await copy_organization(organization)
    for kind in KINDS:
        lines = await export_lines(organization, kind)
        _, reasons = await import_text(other, kind, lines, folder)
        assert reasons == [], kind
    return other, lines
