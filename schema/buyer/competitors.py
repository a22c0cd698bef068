"""Competitors: type, inputs and mutations."""

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


@strawberry.type(
    description="A competitor in the deal: another supplier, the buyer's own people, or the status quo."
)
class Competitor(Node):
    is_type_of = backed_by(CompetitorFacts)
    id: strawberry.ID = node_id("Competitor")
    kind: CompetitorKind = described("The kind of competitor.")
    name: str = described("The name.")
    standing: CompetitorStanding = described("The competitor's position in the race.")
    strengths: str | None = described("The points in which it is better than your offer.")
    weaknesses: str | None = described("The points in which it is worse than your offer.")


@strawberry.input(description="A competitor to add.")
class AddCompetitorInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    kind: CompetitorKind = described("The kind of competitor. There can be at most one STATUS_QUO.")
    name: str = described("The name, unique on the opportunity.")
    standing: CompetitorStanding = strawberry.field(
        default=CompetitorStanding.SUSPECTED, description="The competitor's position in the race."
    )
    strengths: str | None = optional("The points in which it is better than your offer.")
    weaknesses: str | None = optional("The points in which it is worse than your offer.")


@strawberry.input(
    description="Changes to a competitor. Fields that you leave out stay as they are; null clears a field."
)
class UpdateCompetitorInput:
    id: strawberry.ID = described("The competitor.")
    expected_version: int | None = optional(
        "The opportunity's version that you read. If it has changed since, the answer is a "
        "VersionConflict. Left out: no check."
    )
    name: str | None = optional("The name, unique on the opportunity.")
    standing: CompetitorStanding | None = optional("The competitor's position in the race.")
    strengths: str | None = optional("The points in which it is better than your offer.")
    weaknesses: str | None = optional("The points in which it is worse than your offer.")


@strawberry.input(description="A competitor to remove.")
class RemoveCompetitorInput:
    id: strawberry.ID = described("The competitor.")
    expected_version: int | None = optional(
        "The opportunity's version that you read. If it has changed since, the answer is a "
        "VersionConflict. Left out: no check."
    )


@strawberry.type(description="The competitor was added or changed.")
class CompetitorChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Competitor, description="The competitor, read after the change.")
    async def competitor(self, info: Info) -> CompetitorFacts:
        competitor: CompetitorFacts = await load_changed_part(info, "Competitor", self.key)
        return competitor

    @strawberry.field(graphql_type=Opportunity, description="The opportunity, read after the change.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_changed_opportunity(info, "Competitor", self.key)


CompetitorResult = Annotated[
    CompetitorChanged | VersionConflict | RecordClosed | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("CompetitorResult", description="The competitor, or the reason why it was not stored."),
]


@strawberry.type
class CompetitorMutation:
    @strawberry.mutation(
        graphql_type=CompetitorResult,
        description="Add a competitor to an opportunity. Refused if the name is there already, or if "
        "the opportunity is closed.",
    )
    async def add_competitor(self, info: Info, input: AddCompetitorInput) -> CompetitorChanged:
        id = ids.parse("Opportunity", input.opportunity_id)
        new = operations.NewCompetitor(**provided_fields(input, "opportunity_id"))
        return CompetitorChanged(
            key=await operations.add_competitor(info.context.operation_context(), id, new)
        )

    @strawberry.mutation(
        graphql_type=CompetitorResult,
        description="Change the fields that are given. Refused if the opportunity is closed or if you "
        "may not write it.",
    )
    async def update_competitor(self, info: Info, input: UpdateCompetitorInput) -> CompetitorChanged:
        id = ids.parse("Competitor", input.id)
        version = or_none(input.expected_version)
        changes: Any = provided_fields(input, "id", "expected_version")
        return CompetitorChanged(
            key=await operations.update_competitor(
                info.context.operation_context(), id, changes, expected_version=version
            )
        )

    @strawberry.mutation(
        graphql_type=DeleteResult,
        description="Remove a competitor that was added by mistake. If it dropped out of the race, set "
        "`standing` to ELIMINATED instead. Refused if the opportunity is closed.",
    )
    async def remove_competitor(self, info: Info, input: RemoveCompetitorInput) -> Deleted:
        id = ids.parse("Competitor", input.id)
        version = or_none(input.expected_version)
        deal = await operations.remove_competitor(
            info.context.operation_context(), id, expected_version=version
        )
        return Deleted(id=input.id, opportunity_id=deal)
