"""Publishing a sales process: parsed, checked whole, kept for ever."""

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
"""The processes that ship with the product."""


@dataclass(frozen=True, slots=True)
class PublishResult:
    """A version that stands, and whether this publishing made it."""

    id: UUID
    version: int
    is_new: bool


@cache
def preset(name: str) -> ProcessDocument:
    """A process that ships with the product."""
    return process_from_yaml(preset_text(name))


def preset_text(name: str) -> str:
    """The same as its author wrote it, comments and all."""
    return files("workflow").joinpath("presets", f"{name}.yaml").read_text(encoding="utf-8")


async def publish(ctx: Ctx, document: ProcessDocument, *, make_default: bool = False) -> PublishResult:
    """The next version of the document's key; the same document again publishes nothing, and switches the default where asked."""

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
    """The newest version of the key, where it says the same."""
    found = await _newest_version(ctx, document).values("id", "version", "content_hash")
    if not found or found[0]["content_hash"] != content_hash(document):
        return None
    return PublishResult(found[0]["id"], found[0]["version"], is_new=False)


async def _insert_version(ctx: Ctx, document: ProcessDocument) -> PublishResult:
    newest = await _newest_version(ctx, document).values("version")
    published = PublishResult(new_id(), newest[0]["version"] + 1 if newest else 1, is_new=True)
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
    """New deals follow this key from now on; nothing is told where they do already."""
    others = Organization.filter(id=ctx.viewer.organization_id).exclude(default_process_key=key)
    if await others.update(default_process_key=key):
        await _record(ctx, "process.madeDefault", key, published)


async def _record(ctx: Ctx, event: str, key: str, published: PublishResult) -> None:
    payload = {"processId": published.id, "key": key, "version": published.version}
    await record_event(ctx, event, aggregate="process", id=published.id, payload=payload)


def _newest_version(ctx: Ctx, document: ProcessDocument) -> QuerySet[SalesProcess]:
    """The newest version of the document's key, if there is one."""
    versions = SalesProcess.filter(organization_id=ctx.viewer.organization_id, process_key=document.key)
    return versions.order_by("-version").limit(1)
