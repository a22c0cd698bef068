"""Random sales processes are read back unchanged, and equal ones are not published again."""

from hypothesis import HealthCheck, Phase, given, settings

from tests.support.counts import FULL, count
from tests.support.organizations import TestOrganization
from tests.support.rules.processes import process_documents
from workflow.models import Event, SalesProcess
from workflow.models.engine.database import transaction
from workflow.operations.process.processes import PublishResult, publish
from workflow.queries.process.processes import processes_by_id
from workflow.rules.authoring.text import process_from_yaml, process_to_yaml
from workflow.rules.process.document import ProcessDocument, content_hash, parse_process


@settings(
    max_examples=count(1000, part=20),
    derandomize=not FULL,
    phases=tuple(Phase) if FULL else (Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(document=process_documents())
async def test_a_random_process_is_read_back_unchanged(
    organization: TestOrganization, document: ProcessDocument
) -> None:
    published = await transaction(lambda: publish(organization.ctx, document))

    row = (await processes_by_id(organization.ctx.viewer, [published.id]))[published.id]
    [stored] = await SalesProcess.filter(id=published.id).values("document", "content_hash")
    assert (row.document, row.version) == (document, published.version)
    assert content_hash(parse_process(stored["document"])) == stored["content_hash"] == content_hash(document)

    before = await Event.filter(organization_id=organization.id).count()
    shown = process_from_yaml(process_to_yaml(row.document))
    again = await transaction(lambda: publish(organization.ctx, shown))

    assert again == PublishResult(published.id, published.version, is_new=False)
    assert await Event.filter(organization_id=organization.id).count() == before
