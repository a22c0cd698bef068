"""The mutations that create, change and delete opportunities."""

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
from schema.opportunity.next_step import NextStepInput, parse_next_step
from schema.opportunity.type import Opportunity
from schema.results.deleted import Deleted, DeleteResult
from schema.results.problems import (
    Duplicate,
    InvalidInput,
    NotFound,
    PermissionDenied,
    RecordClosed,
    VersionConflict,
)
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.opportunity import edit as operations
from workflow.operations.opportunity.edit import NewOpportunity
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import ForecastCategory, OpportunityType, SlipReason


@strawberry.input(description="A new opportunity, in the state LEAD.")
class CreateOpportunityInput:
    name: str = described("The name, such as the project or the product.")
    account_id: strawberry.ID = described("The account: the company that may buy.")
    owner_id: strawberry.ID | None = optional(
        "The member who is responsible. Default: the member who creates it. Required for an API key without "
        "a member."
    )
    type: OpportunityType = strawberry.field(
        default=OpportunityType.NEW_BUSINESS, description="The kind of business."
    )
    description: str | None = optional("A description, in a few words.")
    source: str | None = optional("The origin, such as a campaign.")
    external_system: str | None = optional(
        "The system that the record comes from, such as `hubspot`. Required together with `externalId`."
    )
    external_id: str | None = optional(
        "Its id in `externalSystem`. Unique in the organization, together with the system."
    )
    value: MoneyInput | None = optional(
        "The amount that the deal would bring, in any currency with an exchange rate."
    )
    expected_close_date: date | None = optional("The day on which the buyer is expected to decide.")
    next_step: NextStepInput | None = optional("The next action that was agreed on.")
    process_key: str | None = optional(
        "The key of the sales process to follow. Default: the organization's default process."
    )
    collaborator_ids: list[strawberry.ID] | None = optional("Members who work on it with the owner.")
    attributes: Json | None = optional("Your own custom fields, as an object.")


@strawberry.input(
    description="Changes to an opportunity. Fields that you leave out stay as they are; null clears "
    "a field. The state is not among them: use a transition."
)
class UpdateOpportunityInput:
    id: strawberry.ID = described("The opportunity.")
    expected_version: int | None = optional(
        "The version that you read. If the record has changed since, the answer is a "
        "VersionConflict. Left out: no check."
    )
    name: str | None = optional("The name.")
    type: OpportunityType | None = optional("The kind of business.")
    description: str | None = optional("A description, in a few words.")
    source: str | None = optional("The origin, such as a campaign.")
    external_system: str | None = optional(
        "The system that the record comes from, such as `hubspot`. Required together with `externalId`."
    )
    external_id: str | None = optional(
        "Its id in `externalSystem`. Unique in the organization, together with the system."
    )
    value: MoneyInput | None = optional("The amount that the deal would bring.")
    expected_close_date: date | None = optional(
        "The day on which the buyer is expected to decide. Moving it to a later month counts as a push."
    )
    slip_reason: SlipReason | None = optional(
        "The reason for the push. Required if the expected close date moves to a later month."
    )
    next_step: NextStepInput | None = optional("The next action that was agreed on.")
    pain_since: date | None = optional("The day since which the buyer has had the problem.")
    probability: float | None = optional(
        "The probability of winning, 0 to 1, set by hand. Null returns to the value of the process."
    )
    forecast_category: ForecastCategory | None = optional(
        "The forecast category, set by hand. Null returns to the value of the process."
    )
    collaborator_ids: list[strawberry.ID] | None = optional(
        "Members who work on it with the owner. The list replaces the present one."
    )
    attributes: Json | None = optional(
        "Custom fields to merge, by key. A null value removes the key; keys that you leave out stay."
    )


@strawberry.input(description="An opportunity to delete.")
class DeleteOpportunityInput:
    id: strawberry.ID = described("The opportunity.")
    expected_version: int | None = optional(
        "The version that you read. If the opportunity has changed since, the answer is a "
        "VersionConflict. Left out: no check."
    )
    reason: str = described("The reason, stored in its last event.")


@strawberry.type(description="The opportunity was created or changed.")
class OpportunityChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Opportunity, description="The opportunity, read after the change.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_required(info.context.loaders.opportunity, self.key)


OpportunityResult = Annotated[
    OpportunityChanged
    | VersionConflict
    | RecordClosed
    | Duplicate
    | NotFound
    | PermissionDenied
    | InvalidInput,
    strawberry.union(
        "OpportunityResult", description="The opportunity, or the reason why it was not changed."
    ),
]


@strawberry.type
class OpportunityMutation:
    @strawberry.mutation(
        graphql_type=OpportunityResult,
        description="Create an opportunity as a LEAD. Refused if the account does not exist, if you may "
        "not assign it to that owner, if the process does not accept it, or if its external "
        "id is taken.",
    )
    async def create_opportunity(self, info: Info, input: CreateOpportunityInput) -> OpportunityChanged:
        new = NewOpportunity(
            account_id=ids.parse("Account", input.account_id),
            owner_id=ids.parse_optional("Member", or_none(input.owner_id)),
            process_key=or_none(input.process_key),
        )
        return OpportunityChanged(
            key=await operations.create_opportunity(
                info.context.operation_context(),
                new,
                parse_changes(provided_fields(input, *NON_CHANGE_FIELDS)),
            )
        )

    @strawberry.mutation(
        graphql_type=OpportunityResult,
        description="Change the fields that are given, never the state. Refused if the opportunity is "
        "closed, if you may not write it, or if someone changed it since `expectedVersion`.",
    )
    async def update_opportunity(self, info: Info, input: UpdateOpportunityInput) -> OpportunityChanged:
        id = ids.parse("Opportunity", input.id)
        version = or_none(input.expected_version)
        return OpportunityChanged(
            key=await operations.update_opportunity(
                info.context.operation_context(),
                id,
                parse_changes(provided_fields(input, *NON_CHANGE_FIELDS)),
                expected_version=version,
            )
        )

    @strawberry.mutation(
        graphql_type=DeleteResult,
        description="Delete an opportunity that was created by mistake. Only admins may do this. Its "
        "history stays and its number is not used again.",
    )
    async def delete_opportunity(self, info: Info, input: DeleteOpportunityInput) -> Deleted:
        id = ids.parse("Opportunity", input.id)
        version = or_none(input.expected_version)
        await operations.delete_opportunity(
            info.context.operation_context(), id, reason=input.reason, expected_version=version
        )
        return Deleted(id=input.id)


NON_CHANGE_FIELDS = ("id", "expected_version", "account_id", "owner_id", "process_key")


def parse_changes(fields: Any) -> OpportunityChanges:  # Any: the fields of an input that were given
    """Convert the given fields for an operation."""
    if "value" in fields:
        fields["value"] = parse_money(fields["value"])
    if "next_step" in fields:
        fields["next_step"] = parse_next_step(fields["next_step"])
    if "collaborator_ids" in fields:
        fields["collaborator_ids"] = [ids.parse("Member", id) for id in fields["collaborator_ids"] or []]
    changes: OpportunityChanges = fields
    return changes
