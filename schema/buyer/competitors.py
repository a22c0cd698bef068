"""Whom or what the buyer compares us with: type, inputs, mutations."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.nodes import Node, backed_by, described, node_id
from schema.results.changed_part import load_changed_opportunity, load_changed_part
from schema.results.deleted import Deleted, DeleteResult
from schema.results.problems import InvalidInput, NotFound, PermissionDenied, RecordClosed, VersionConflict
from workflow.operations.buyer import competitors as operations
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import CompetitorKind, CompetitorStanding
from workflow.rules.opportunity.parts import CompetitorFacts

if TYPE_CHECKING:
    from schema.opportunity.type import Opportunity
else:
    Opportunity = Annotated["Opportunity", strawberry.lazy("schema.opportunity.type")]


@strawberry.type(description="Whom or what the buyer compares us with; doing nothing is one too.")
class Competitor(Node):
    is_type_of = backed_by(CompetitorFacts)
    id: strawberry.ID = node_id("Competitor")
    kind: CompetitorKind = described("Another vendor, the incumbent, their own people, or the status quo.")
    name: str = described("What it is called.")
    standing: CompetitorStanding = described("How far it has come.")
    strengths: str | None = described("Where it is ahead of us.")
    weaknesses: str | None = described("Where it is behind us.")


@strawberry.input(description="One more that the buyer compares us with.")
class AddCompetitorInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    kind: CompetitorKind = described("Another vendor, the incumbent, their own people, or the status quo: one at most.")
    name: str = described("What it is called; once on an opportunity.")
    standing: CompetitorStanding = strawberry.field(
        default=CompetitorStanding.SUSPECTED, description="How far it has come."
    )
    strengths: str | None = optional("Where it is ahead of us.")
    weaknesses: str | None = optional("Where it is behind us.")


@strawberry.input(description="Changes of a competitor: what is left out is kept, null clears.")
class UpdateCompetitorInput:
    id: strawberry.ID = described("The competitor.")
    expected_version: int | None = optional("The opportunity's version that was read.")
    name: str | None = optional("What it is called.")
    standing: CompetitorStanding | None = optional("How far it has come.")
    strengths: str | None = optional("Where it is ahead of us.")
    weaknesses: str | None = optional("Where it is behind us.")


@strawberry.input(description="A competitor that was added by mistake.")
class RemoveCompetitorInput:
    id: strawberry.ID = described("The competitor.")
    expected_version: int | None = optional("The opportunity's version that was read.")


@strawberry.type(description="The competitor was added or changed.")
class CompetitorChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Competitor, description="The competitor as stored.")
    async def competitor(self, info: Info) -> CompetitorFacts:
        competitor: CompetitorFacts = await load_changed_part(info, "Competitor", self.key)
        return competitor

    @strawberry.field(graphql_type=Opportunity, description="The opportunity it is on.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_changed_opportunity(info, "Competitor", self.key)


CompetitorResult = Annotated[
    CompetitorChanged | VersionConflict | RecordClosed | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("CompetitorResult", description="The competitor, or why not."),
]


@strawberry.type
class CompetitorMutation:
    @strawberry.mutation(graphql_type=CompetitorResult, description="Add whom the buyer compares us with, once.")
    async def add_competitor(self, info: Info, input: AddCompetitorInput) -> CompetitorChanged:
        id = ids.parse("Opportunity", input.opportunity_id)
        new = operations.NewCompetitor(**provided_fields(input, "opportunity_id"))
        return CompetitorChanged(key=await operations.add_competitor(info.context.operation_context(), id, new))

    @strawberry.mutation(graphql_type=CompetitorResult, description="Change the fields that are given.")
    async def update_competitor(self, info: Info, input: UpdateCompetitorInput) -> CompetitorChanged:
        id, version = ids.parse("Competitor", input.id), or_none(input.expected_version)
        changes: Any = provided_fields(input, "id", "expected_version")
        return CompetitorChanged(
            key=await operations.update_competitor(
                info.context.operation_context(), id, changes, expected_version=version
            )
        )

    @strawberry.mutation(
        graphql_type=DeleteResult,
        description="Take off what was added by mistake; what is out of the race is marked `ELIMINATED`.",
    )
    async def remove_competitor(self, info: Info, input: RemoveCompetitorInput) -> Deleted:
        id, version = ids.parse("Competitor", input.id), or_none(input.expected_version)
        deal = await operations.remove_competitor(info.context.operation_context(), id, expected_version=version)
        return Deleted(id=input.id, opportunity_id=deal)
