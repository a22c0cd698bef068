"""Publishing a sales process: parsed, checked whole, kept for ever."""

from importlib.resources import files
from uuid import UUID

import yaml

from workflow.models import SalesProcess
from workflow.models.columns import new_id
from workflow.operations.context import Ctx
from workflow.operations.journal import record
from workflow.rules.checking import check
from workflow.rules.errors import InvalidInput
from workflow.rules.process import ProcessDocument, content_hash, parse, to_plain


def preset(name: str) -> ProcessDocument:
    """A process that ships with the product."""
    text = files("workflow").joinpath("presets", f"{name}.yaml").read_text(encoding="utf-8")
    return parse(yaml.safe_load(text))


async def publish(ctx: Ctx, document: ProcessDocument) -> UUID:
    """The next version of the document's key; the same document again publishes nothing. Runs inside a transaction."""
    faults = check(document)
    if faults:
        raise InvalidInput(faults)
    organization_id = ctx.viewer.organization_id
    versions = SalesProcess.filter(organization_id=organization_id, process_key=document.key).order_by("-version")
    newest = await versions.limit(1).values("id", "version", "content_hash")
    if newest and newest[0]["content_hash"] == content_hash(document):
        same: UUID = newest[0]["id"]
        return same
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
    return id
