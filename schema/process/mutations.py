"""Publishing a sales process, and what it would do to the open opportunities before it is published."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.nodes import backed_by, described
from schema.process.inputs import PublishSalesProcessInput, SalesProcessInput, document_data
from schema.process.type import SalesProcess
from schema.results.problems import InvalidInput, PermissionDenied
from workflow.operations.process import processes
from workflow.queries.process import impact
from workflow.queries.process.processes import ProcessRow
from workflow.rules.enums import AlertCode, AlertSeverity, Trigger
from workflow.rules.process.document import ProcessDocument, parse_process


@strawberry.type(
    name="GateImpact",
    description="One requirement of one gate, judged on the open opportunities in the states it leaves.",
)
class GateImpactType:
    is_type_of = backed_by(impact.GateImpact)
    trigger: Trigger = described("The arrow.")
    requirement: str = described("The requirement's key.")
    would_pass: int = described("How many would meet it now; those it does not apply to are among them.")
    would_fail: int = described("How many would not.")


@strawberry.type(
    name="AlertImpact",
    description="Back-test over closed opportunities: how many of each outcome the rule would have flagged before they closed.",
)
class AlertImpactType:
    is_type_of = backed_by(impact.AlertImpact)
    code: AlertCode = described("What it warns of.")
    severity: AlertSeverity = described("How urgent it is then.")
    open_flagged: int = described("Open opportunities of which it would warn now.")
    won_flagged: int = described("Won ones of which it would have warned as they were closed.")
    lost_flagged: int = described("Lost ones of which it would have warned as they were closed.")
    won_total: int = described("All that were won.")
    lost_total: int = described("All that were lost.")


@strawberry.type(
    name="ProcessImpact",
    description="What publishing a document would do to the open opportunities that the viewer sees, before it is published.",
)
class ProcessImpactType:
    is_type_of = backed_by(impact.ProcessImpact)
    gates: list[GateImpactType] = described("Every requirement of every gate, in the document's order.")
    open_opportunities: int = described("How many open opportunities there are, in whichever state.")

    @strawberry.field(
        graphql_type=list[AlertImpactType],
        description="Every alert rule of the document, in its order, tried on open and on closed opportunities.",
    )
    async def alerts(self, root: strawberry.Parent[Any], info: Info) -> tuple[impact.AlertImpact, ...]:
        return await impact.alert_impact(info.context.viewer, root.document, info.context.now)


ProcessImpactResult = Annotated[
    ProcessImpactType | PermissionDenied | InvalidInput,
    strawberry.union("ProcessImpactResult", description="The impact, or what is wrong with the document."),
]


@strawberry.type(description="The process stands: the next version of its key, or the newest where it says the same.")
class SalesProcessPublished:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=SalesProcess, description="The version as published.")
    async def process(self, info: Info) -> ProcessRow:
        return await load_required(info.context.loaders.process, self.key)


SalesProcessResult = Annotated[
    SalesProcessPublished | PermissionDenied | InvalidInput,
    strawberry.union("SalesProcessResult", description="The process, or every fault of the document."),
]


@strawberry.type
class ProcessImpactQuery:
    @strawberry.field(
        graphql_type=ProcessImpactResult,
        description="What publishing this document would do to the open opportunities; it changes nothing.",
    )
    async def process_impact(self, info: Info, document: SalesProcessInput) -> impact.ProcessImpact:
        return await impact.process_impact(info.context.viewer, _parse_document(document), info.context.now)


@strawberry.type
class ProcessMutation:
    @strawberry.mutation(
        graphql_type=SalesProcessResult,
        description="Publish a document as the next version of its key; the same document again publishes nothing.",
    )
    async def publish_sales_process(self, info: Info, input: PublishSalesProcessInput) -> SalesProcessPublished:
        document, context = _parse_document(input.document), info.context.operation_context()
        published = await processes.publish(context, document, make_default=input.make_default)
        return SalesProcessPublished(key=published.id)


def _parse_document(input: SalesProcessInput) -> ProcessDocument:
    return parse_process(document_data(input), defaults=processes.preset("default"), at=("document",))
