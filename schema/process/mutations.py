"""Publishing a sales process, and what it would do to the open opportunities before it is published."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.core.context import Info
from schema.core.dataloader import sure
from schema.core.nodes import is_row, told
from schema.process.inputs import PublishSalesProcessInput, SalesProcessInput, plain
from schema.process.type import SalesProcess
from schema.results.problems import InvalidInput, PermissionDenied
from workflow.operations.process import processes
from workflow.queries.process import impact
from workflow.queries.process.processes import ProcessRow
from workflow.rules.enums import AlertCode, AlertSeverity, Trigger
from workflow.rules.process.document import ProcessDocument, parse


@strawberry.type(description="One requirement of one gate, judged on the open opportunities in the states it leaves.")
class GateImpact:
    """A line of a gate, tried."""

    is_type_of = is_row(impact.GateImpact)
    trigger: Trigger = told("The arrow.")
    requirement: str = told("The requirement's key.")
    would_pass: int = told("How many would meet it now; those it does not apply to are among them.")
    would_fail: int = told("How many would not.")


@strawberry.type(
    description="Back-test over closed opportunities: how many of each outcome the rule would have flagged before they closed."
)
class AlertImpact:
    """A rung of a ladder, tried."""

    is_type_of = is_row(impact.AlertImpact)
    code: AlertCode = told("What it warns of.")
    severity: AlertSeverity = told("How urgent it is then.")
    open_flagged: int = told("Open opportunities of which it would warn now.")
    won_flagged: int = told("Won ones of which it would have warned as they were closed.")
    lost_flagged: int = told("Lost ones of which it would have warned as they were closed.")
    won_total: int = told("All that were won.")
    lost_total: int = told("All that were lost.")


@strawberry.type(
    description="What publishing a document would do to the open opportunities that the viewer sees, before it is published."
)
class ProcessImpact:
    """The document, tried."""

    is_type_of = is_row(impact.ProcessImpact)
    gates: list[GateImpact] = told("Every requirement of every gate, in the document's order.")
    open_opportunities: int = told("How many open opportunities there are, in whichever state.")

    @strawberry.field(
        graphql_type=list[AlertImpact],
        description="Every alert rule of the document, in its order, tried on open and on closed opportunities.",
    )
    async def alerts(self, root: strawberry.Parent[Any], info: Info) -> tuple[impact.AlertImpact, ...]:
        """The back-test."""
        return await impact.alert_impact(info.context.viewer, root.document, info.context.now)


ProcessImpactResult = Annotated[
    ProcessImpact | PermissionDenied | InvalidInput,
    strawberry.union("ProcessImpactResult", description="The impact, or what is wrong with the document."),
]


@strawberry.type(description="The process stands: the next version of its key, or the newest where it says the same.")
class SalesProcessPublished:
    """Done."""

    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=SalesProcess, description="The version as published.")
    async def process(self, info: Info) -> ProcessRow:
        """Read after the write."""
        return await sure(info.context.loaders.process, self.key)


SalesProcessResult = Annotated[
    SalesProcessPublished | PermissionDenied | InvalidInput,
    strawberry.union("SalesProcessResult", description="The process, or every fault of the document."),
]


@strawberry.type
class ProcessImpactQuery:
    """What is asked before publishing."""

    @strawberry.field(
        graphql_type=ProcessImpactResult,
        description="What publishing this document would do to the open opportunities; it changes nothing.",
    )
    async def process_impact(self, info: Info, document: SalesProcessInput) -> impact.ProcessImpact:
        """Try it first."""
        return await impact.process_impact(info.context.viewer, _document(document), info.context.now)


@strawberry.type
class ProcessMutation:
    """What is done with processes."""

    @strawberry.mutation(
        graphql_type=SalesProcessResult,
        description="Publish a document as the next version of its key; the same document again publishes nothing.",
    )
    async def publish_sales_process(self, info: Info, input: PublishSalesProcessInput) -> SalesProcessPublished:
        """A new version."""
        document, context = _document(input.document), info.context.acting()
        published = await processes.publish(context, document, make_default=input.make_default)
        return SalesProcessPublished(key=published.id)


def _document(input: SalesProcessInput) -> ProcessDocument:
    return parse(plain(input), defaults=processes.preset("default"), at=("document",))
