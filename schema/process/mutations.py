"""The publication of a sales process, and the query for its impact before that."""

from typing import Annotated
from uuid import UUID

import strawberry

from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.nodes import Root, backed_by, described
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
    description="One requirement, evaluated for the open opportunities in the states that the trigger "
    "leaves.",
)
class GateImpactType:
    is_type_of = backed_by(impact.GateImpact)
    trigger: Trigger = described("The trigger of the gate.")
    requirement: str = described("The key of the requirement.")
    would_pass: int = described(
        "The number of opportunities that would meet it now, or to which it does not apply."
    )
    would_fail: int = described("The number of opportunities that would not meet it now.")


@strawberry.type(
    name="AlertImpact",
    description="One alert rule, tried on open opportunities and back-tested on closed ones.",
)
class AlertImpactType:
    is_type_of = backed_by(impact.AlertImpact)
    code: AlertCode = described("The kind of alert.")
    severity: AlertSeverity = described("The severity of the alert.")
    open_flagged: int = described("The open opportunities that would have this alert now.")
    won_flagged: int = described(
        "The won opportunities that would have had this alert when they were closed."
    )
    lost_flagged: int = described(
        "The lost opportunities that would have had this alert when they were closed."
    )
    won_total: int = described("All won opportunities.")
    lost_total: int = described("All lost opportunities.")


@strawberry.type(
    name="ProcessImpact",
    description="The effect that a document would have on the opportunities that you can see, before it is "
    "published.",
)
class ProcessImpactType:
    is_type_of = backed_by(impact.ProcessImpact)
    gates: list[GateImpactType] = described("Every requirement of every gate, in the order of the document.")
    open_opportunities: int = described("The number of open opportunities in any state.")

    @strawberry.field(
        graphql_type=list[AlertImpactType],
        description="Every alert rule, in the order of the document.",
    )
    async def alerts(self, root: Root, info: Info) -> tuple[impact.AlertImpact, ...]:
        return await impact.alert_impact(info.context.viewer, root.document, info.context.now)


ProcessImpactResult = Annotated[
    ProcessImpactType | PermissionDenied | InvalidInput,
    strawberry.union("ProcessImpactResult", description="The impact, or the faults of the document."),
]


@strawberry.type(description="The process is published.")
class SalesProcessPublished:
    key: strawberry.Private[UUID]

    @strawberry.field(
        graphql_type=SalesProcess,
        description="The published version. If the document equals the newest version of its key, that one.",
    )
    async def process(self, info: Info) -> ProcessRow:
        return await load_required(info.context.loaders.process, self.key)


SalesProcessResult = Annotated[
    SalesProcessPublished | PermissionDenied | InvalidInput,
    strawberry.union(
        "SalesProcessResult", description="The published process, or every fault of the document."
    ),
]


Document = Annotated[SalesProcessInput, strawberry.argument(description="The complete document.")]


@strawberry.type
class ProcessImpactQuery:
    @strawberry.field(
        graphql_type=ProcessImpactResult,
        description="The effect that publishing this document would have. Changes nothing.",
    )
    async def process_impact(self, info: Info, document: Document) -> impact.ProcessImpact:
        return await impact.process_impact(info.context.viewer, _parse_document(document), info.context.now)


@strawberry.type
class ProcessMutation:
    @strawberry.mutation(
        graphql_type=SalesProcessResult,
        description="Publish a document as the next version of its key. Publishing the same document "
        "again creates no version. Only admins may do this. Refused with the path of each "
        "fault if the document is invalid.",
    )
    async def publish_sales_process(
        self, info: Info, input: PublishSalesProcessInput
    ) -> SalesProcessPublished:
        document = _parse_document(input.document)
        context = info.context.operation_context()
        published = await processes.publish(context, document, make_default=input.make_default)
        return SalesProcessPublished(key=published.id)


def _parse_document(input: SalesProcessInput) -> ProcessDocument:
    return parse_process(document_data(input), defaults=processes.preset("default"), at=("document",))
