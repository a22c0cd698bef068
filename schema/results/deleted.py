"""The result of a mutation that deletes a record."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from schema.core.context import Info
from schema.core.nodes import described
from schema.results.problems import InvalidInput, NotFound, PermissionDenied, RecordClosed, VersionConflict
from workflow.queries.opportunity.rows import OpportunityRow

if TYPE_CHECKING:
    from schema.opportunity.type import Opportunity
else:
    Opportunity = Annotated["Opportunity", strawberry.lazy("schema.opportunity.type")]


@strawberry.type(description="The record is deleted.")
class Deleted:
    id: strawberry.ID = described("The id of the deleted record.")
    opportunity_id: strawberry.Private[UUID | None] = None

    @strawberry.field(
        graphql_type=Opportunity | None,
        description="The opportunity that it belonged to, read after the change. Null if it belonged to "
        "none.",
    )
    async def opportunity(self, info: Info) -> OpportunityRow | None:
        return (
            None
            if self.opportunity_id is None
            else await info.context.loaders.opportunity.load(self.opportunity_id)
        )


DeleteResult = Annotated[
    Deleted | VersionConflict | RecordClosed | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("DeleteResult", description="The deleted record, or the reason why it was not deleted."),
]
