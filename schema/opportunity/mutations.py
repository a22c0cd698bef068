"""Making, changing and deleting opportunities."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.money import MoneyInput, parse_money
from schema.core.nodes import described
from schema.core.scalars import Json
from schema.opportunity.type import Opportunity
from schema.results.deleted import Deleted, DeleteResult
from schema.results.problems import Duplicate, InvalidInput, NotFound, PermissionDenied, RecordClosed, VersionConflict
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.opportunity import edit as operations
from workflow.operations.opportunity.edit import NewOpportunity
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import ForecastCategory, OpportunityType, SlipReason
from workflow.rules.opportunity.facts import NextStep


@strawberry.input(description="What happens next, and by when.")
class NextStepInput:
    text: str = described("What happens next.")
    due_date: date | None = optional("By when.")
    agreed_with_buyer: bool = strawberry.field(default=False, description="Whether the buyer knows and agrees.")


@strawberry.input(description="A new lead.")
class CreateOpportunityInput:
    name: str = described("What it is called.")
    account_id: strawberry.ID = described("The buyer's company.")
    owner_id: strawberry.ID | None = optional("Whose deal it is; left out: the member who makes it.")
    type: OpportunityType = strawberry.field(
        default=OpportunityType.NEW_BUSINESS, description="What kind of business it is."
    )
    description: str | None = optional("In a few words.")
    source: str | None = optional("Where it came from.")
    external_system: str | None = optional("The system it comes from; goes with `externalId`.")
    external_id: str | None = optional("Its id there; unique in the organization with the system.")
    value: MoneyInput | None = optional("What it would bring.")
    expected_close_date: date | None = optional("When the buyer is expected to decide.")
    next_step: NextStepInput | None = optional("What happens next.")
    process_key: str | None = optional("The process it follows; left out: the default.")
    collaborator_ids: list[strawberry.ID] | None = optional("Members who work it with its owner.")
    attributes: Json | None = optional("Anything else, as an object.")


@strawberry.input(
    description="Changes of an opportunity: what is left out is kept, null clears. The state is never among them."
)
class UpdateOpportunityInput:
    id: strawberry.ID = described("The opportunity.")
    expected_version: int | None = optional("The version that was read; another one there is a VersionConflict.")
    name: str | None = optional("What it is called.")
    type: OpportunityType | None = optional("What kind of business it is.")
    description: str | None = optional("In a few words.")
    source: str | None = optional("Where it came from.")
    external_system: str | None = optional("The system it comes from; goes with `externalId`.")
    external_id: str | None = optional("Its id there.")
    value: MoneyInput | None = optional("What it would bring.")
    expected_close_date: date | None = optional("When the buyer is expected to decide; a later month is a push.")
    slip_reason: SlipReason | None = optional("Required where the expected close date moves to a later calendar month.")
    next_step: NextStepInput | None = optional("What happens next.")
    pain_since: date | None = optional("Since when the buyer has lived with the pain.")
    probability: float | None = optional("0 to 1, set by hand; null gives it back to the process.")
    forecast_category: ForecastCategory | None = optional("Set by hand; null gives it back to the process.")
    collaborator_ids: list[strawberry.ID] | None = optional("Members who work it with its owner: all of them.")
    attributes: Json | None = optional("Merged by key; a null value removes the key.")


@strawberry.input(description="An opportunity that should not have been.")
class DeleteOpportunityInput:
    id: strawberry.ID = described("The opportunity.")
    expected_version: int | None = optional("The version that was read.")
    reason: str = described("Why; kept in its last event.")


@strawberry.type(description="The opportunity was made or changed.")
class OpportunityChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Opportunity, description="The opportunity as stored.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_required(info.context.loaders.opportunity, self.key)


OpportunityResult = Annotated[
    OpportunityChanged | VersionConflict | RecordClosed | Duplicate | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("OpportunityResult", description="The opportunity, or why not."),
]


@strawberry.type
class OpportunityMutation:
    @strawberry.mutation(graphql_type=OpportunityResult, description="Make a lead.")
    async def create_opportunity(self, info: Info, input: CreateOpportunityInput) -> OpportunityChanged:
        new = NewOpportunity(
            account_id=ids.parse("Account", input.account_id),
            owner_id=ids.parse_optional("Member", or_none(input.owner_id)),
            process_key=or_none(input.process_key),
        )
        return OpportunityChanged(
            key=await operations.create_opportunity(
                info.context.operation_context(), new, parse_changes(provided_fields(input, *NON_CHANGE_FIELDS))
            )
        )

    @strawberry.mutation(graphql_type=OpportunityResult, description="Never changes `state`: only a transition does.")
    async def update_opportunity(self, info: Info, input: UpdateOpportunityInput) -> OpportunityChanged:
        id, version = ids.parse("Opportunity", input.id), or_none(input.expected_version)
        return OpportunityChanged(
            key=await operations.update_opportunity(
                info.context.operation_context(),
                id,
                parse_changes(provided_fields(input, *NON_CHANGE_FIELDS)),
                expected_version=version,
            )
        )

    @strawberry.mutation(
        graphql_type=DeleteResult, description="Take it out of every list; its history and its number stay."
    )
    async def delete_opportunity(self, info: Info, input: DeleteOpportunityInput) -> Deleted:
        id, version = ids.parse("Opportunity", input.id), or_none(input.expected_version)
        await operations.delete_opportunity(
            info.context.operation_context(), id, reason=input.reason, expected_version=version
        )
        return Deleted(id=input.id)


def parse_next_step(value: NextStepInput | None) -> NextStep | None:
    """A next step as an operation takes it."""
    return None if value is None else NextStep(value.text, or_none(value.due_date), value.agreed_with_buyer)


NON_CHANGE_FIELDS = ("id", "expected_version", "account_id", "owner_id", "process_key")


def parse_changes(fields: Any) -> OpportunityChanges:  # Any: the fields of an input that were given
    """The fields of an opportunity as an operation takes them."""
    if "value" in fields:
        fields["value"] = parse_money(fields["value"])
    if "next_step" in fields:
        fields["next_step"] = parse_next_step(fields["next_step"])
    if "collaborator_ids" in fields:
        fields["collaborator_ids"] = [ids.parse("Member", id) for id in fields["collaborator_ids"] or []]
    changes: OpportunityChanges = fields
    return changes
