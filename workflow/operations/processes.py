"""Publishing a sales process: parsed, checked whole, kept for ever."""

from dataclasses import dataclass
from importlib.resources import files
from uuid import UUID

from workflow.models import Organization, SalesProcess
from workflow.models.columns import new_id
from workflow.operations.context import Ctx
from workflow.operations.journal import record
from workflow.rules.checking import check
from workflow.rules.errors import InvalidInput
from workflow.rules.process import ProcessDocument, content_hash, to_plain
from workflow.rules.process_text import document_in

PRESETS = ("default", "bant", "meddicc", "spiced")
"""The processes that ship with the product."""


@dataclass(frozen=True, slots=True)
class Published:
    """The version that holds the document now, and whether publishing made it."""

    id: UUID
    version: int
    is_new: bool


def preset(name: str) -> ProcessDocument:
    """A process that ships with the product."""
    return document_in(preset_text(name))


def preset_text(name: str) -> str:
    """The same as its author wrote it, comments and all."""
    return files("workflow").joinpath("presets", f"{name}.yaml").read_text(encoding="utf-8")


async def publish(ctx: Ctx, document: ProcessDocument, *, make_default: bool = False) -> Published:
    """The next version of the document's key; the same document again publishes nothing. Runs inside a transaction."""
    published = await _published(ctx, document)
    if make_default:
        await Organization.filter(id=ctx.viewer.organization_id).update(default_process_key=document.key)
    return published


async def _published(ctx: Ctx, document: ProcessDocument) -> Published:
    faults = check(document)
    if faults:
        raise InvalidInput(faults)
    organization_id = ctx.viewer.organization_id
    versions = SalesProcess.filter(organization_id=organization_id, process_key=document.key).order_by("-version")
    newest = await versions.limit(1).values("id", "version", "content_hash")
    if newest and newest[0]["content_hash"] == content_hash(document):
        return Published(newest[0]["id"], newest[0]["version"], is_new=False)
    id, version = new_id(), newest[0]["version"] + 1 if newest else 1
    await SalesProcess.create(
        id=id,
        organization_id=organization_id,
        process_key=document.key,
        version=version,
        name=document.name,
        document=to_plain(document),
        content_hash=content_hash(document),
        published_at=ctx.now,
        **ctx.actor(),
    )
    payload = {"processId": id, "key": document.key, "version": version}
    await record(ctx, "process.published", aggregate="process", id=id, payload=payload)
    return Published(id, version, is_new=True)
