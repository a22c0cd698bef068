"""Publish sales processes. A published version is checked completely and never changes."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from uuid import UUID

from tortoise.queryset import QuerySet

from workflow.models import Organization, SalesProcess
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_organization
from workflow.operations.core.perform import perform
from workflow.rules.authoring.checks import check_process
from workflow.rules.authoring.text import process_from_yaml
from workflow.rules.errors import InvalidInputError
from workflow.rules.permissions import Action, require_permission
from workflow.rules.process.document import ProcessDocument, content_hash, encode_process

PRESETS = ("default", "bant", "meddicc", "spiced")
"""The names of the processes that ship with the product."""


@dataclass(frozen=True, slots=True)
class PublishResult:
    """A published version; `is_new` is False if the same document was published before."""

    id: UUID
    version: int
    is_new: bool


@cache
def preset(name: str) -> ProcessDocument:
    """Return a process that ships with the product."""
    return process_from_yaml(preset_text(name))


def preset_text(name: str) -> str:
    """Return the YAML text of a process that ships with the product, comments included."""
    return files("workflow").joinpath("presets", f"{name}.yaml").read_text(encoding="utf-8")


async def publish(ctx: Ctx, document: ProcessDocument, *, make_default: bool = False) -> PublishResult:
    """Publish the next version of the document's key.

    The newest version is returned if the document is equal to it.
    """

    async def work() -> PublishResult:
        require_permission(ctx.viewer, Action.ADMINISTER, to="publish sales processes")
        faults = check_process(document, at=("document",))
        if faults:
            raise InvalidInputError(faults)
        await lock_organization(ctx.viewer.organization_id)
        published = await _unchanged_version(ctx, document) or await _insert_version(ctx, document)
        if make_default:
            await _make_default(ctx, document.key, published)
        return published

    return await perform(ctx, work)


async def _unchanged_version(ctx: Ctx, document: ProcessDocument) -> PublishResult | None:
    """Return the newest version of the key if its document is the same."""
    found = await _newest_version(ctx, document).values("id", "version", "content_hash")
    if not found or found[0]["content_hash"] != content_hash(document):
        return None
    return PublishResult(found[0]["id"], found[0]["version"], is_new=False)


async def _insert_version(ctx: Ctx, document: ProcessDocument) -> PublishResult:
    newest = await _newest_version(ctx, document).values("version")
    version = newest[0]["version"] + 1 if newest else 1
    published = PublishResult(new_id(), version, is_new=True)
    await SalesProcess.create(
        id=published.id,
        organization_id=ctx.viewer.organization_id,
        process_key=document.key,
        version=published.version,
        name=document.name,
        document=encode_process(document),
        content_hash=content_hash(document),
        published_at=ctx.now,
        **ctx.actor(),
    )
    await _record(ctx, "process.published", document.key, published)
    return published


async def _make_default(ctx: Ctx, key: str, published: PublishResult) -> None:
    """Make the key the default of new deals; record an event only if it was not the default."""
    others = Organization.filter(id=ctx.viewer.organization_id).exclude(default_process_key=key)
    if await others.update(default_process_key=key):
        await _record(ctx, "process.madeDefault", key, published)


async def _record(ctx: Ctx, event: str, key: str, published: PublishResult) -> None:
    payload = {"processId": published.id, "key": key, "version": published.version}
    await record_event(ctx, event, aggregate="process", id=published.id, payload=payload)


def _newest_version(ctx: Ctx, document: ProcessDocument) -> QuerySet[SalesProcess]:
    """Return the query of the newest version of the document's key."""
    versions = SalesProcess.filter(organization_id=ctx.viewer.organization_id, process_key=document.key)
    return versions.order_by("-version").limit(1)
