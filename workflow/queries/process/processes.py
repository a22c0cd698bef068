"""Published sales processes. A version never changes, so a server process parses each one only once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import RawSQL
from tortoise.queryset import QuerySet

from workflow.models import Organization, SalesProcess
from workflow.queries.actors import actor_of
from workflow.queries.conditions import column_in, where
from workflow.rules.opportunity.parts import Actor
from workflow.rules.permissions import Viewer
from workflow.rules.process.document import ProcessDocument, parse_process


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """A version of a sales process and who published it."""

    id: UUID
    version: int
    published_at: datetime
    published_by: Actor
    document: ProcessDocument


_cache: dict[UUID, ProcessRow] = {}
_MAX_CACHED = 1_000


async def processes_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, ProcessRow]:
    """Return the versions with these ids; one statement."""
    return await _load_cached(SalesProcess.filter(organization_id=viewer.organization_id), ids)


async def documents_by_id(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, ProcessDocument]:
    """Return the documents of these versions of an organization; no statement for those parsed before."""
    found = {id: _cache[id] for id in ids if id in _cache}
    if unknown := set(ids) - found.keys():
        found |= await _load_cached(SalesProcess.filter(organization_id=organization_id), unknown)
    return {id: row.document for id, row in found.items()}


async def process(viewer: Viewer, key: str, version: int | None = None) -> ProcessRow | None:
    """Return a version of a process, or the newest one if `version` is None."""
    versions = SalesProcess.filter(
        column_in("process_key", [key], max_length=64), organization_id=viewer.organization_id
    )
    if version is not None:
        versions = versions.filter(version=version)
    found = await versions.order_by("-version").limit(1).values()
    return _row(found[0]) if found else None


async def newest_processes(viewer: Viewer) -> list[ProcessRow]:
    """Return the newest version of each process, ordered by key; one statement."""
    newer = (
        'SELECT 1 FROM "sales_process" AS newer '
        'WHERE newer.organization_id = "sales_process"."organization_id" '
        'AND newer.process_key = "sales_process"."process_key" AND newer.version > "sales_process"."version"'
    )
    newest = RawSQL(f"CASE WHEN EXISTS ({newer}) THEN 0 ELSE 1 END")
    versions = SalesProcess.filter(organization_id=viewer.organization_id).annotate(newest=newest)
    found = await versions.filter(where("newest", 1)).order_by("process_key").values("id", *_PROCESS_COLUMNS)
    return [_cache.get(record["id"]) or _row(record) for record in found]


async def default_process(viewer: Viewer) -> ProcessRow:
    """Return the newest version of the organization's default process."""
    keys: list[Any] = await Organization.filter(id=viewer.organization_id).values_list(
        "default_process_key", flat=True
    )
    found = await process(viewer, keys[0])
    if found is None:
        raise LookupError("The organization has no default process. `pursuit init` publishes one.")
    return found


async def _load_cached(versions: QuerySet[SalesProcess], ids: Collection[UUID]) -> dict[UUID, ProcessRow]:
    found = await versions.filter(id__in=list(ids)).values(
        "id", *(() if all(id in _cache for id in ids) else _PROCESS_COLUMNS)
    )
    return {record["id"]: _cache.get(record["id"]) or _row(record) for record in found}


_PROCESS_COLUMNS = ("version", "document", "published_at", "actor_kind", "actor_name", "actor_member_id")


def _row(record: Mapping[str, Any]) -> ProcessRow:
    row = ProcessRow(
        id=record["id"],
        version=record["version"],
        published_at=record["published_at"],
        published_by=actor_of(record),
        document=parse_process(record["document"]),
    )
    if len(_cache) >= _MAX_CACHED:
        _cache.clear()
    _cache[row.id] = row
    return row
