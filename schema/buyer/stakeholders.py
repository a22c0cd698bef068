"""The people of a purchase: type, inputs, mutations."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from schema.accounts.types import Contact
from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.nodes import Node, Root, backed_by, described, node_id
from schema.results.changed_part import load_changed_opportunity, load_changed_part
from schema.results.deleted import Deleted, DeleteResult
from schema.results.problems import Duplicate, InvalidInput, NotFound, PermissionDenied, RecordClosed, VersionConflict
from workflow.operations.buyer import stakeholders as operations
from workflow.queries.opportunity.accounts import ContactRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import Attitude, BuyingRole, BuyingStyle, Coverage, Influence, RelationKind
from workflow.rules.opportunity.buyer import coverage
from workflow.rules.opportunity.parts import ContactConversations, RelationFacts, StakeholderFacts

if TYPE_CHECKING:
    from schema.opportunity.type import Opportunity
else:
    Opportunity = Annotated["Opportunity", strawberry.lazy("schema.opportunity.type")]


@strawberry.type(description="A contact who takes part in one purchase.")
class Stakeholder(Node):
    is_type_of = backed_by(StakeholderFacts)
    id: strawberry.ID = node_id("Stakeholder")
    roles: list[BuyingRole] = described("The parts they play.")
    influence: Influence = described("How much their word weighs.")
    attitude: Attitude = described("How they feel about us.")
    buying_style: BuyingStyle = described("What they judge an offer by.")
    motivation: str | None = described("What is in it for them.")
    is_primary: bool = described("The one we mainly speak with.")
    left: bool = described("Whether they have left the buyer or the purchase.")

    @strawberry.field(graphql_type=Contact, description="Who they are.")
    async def contact(self, root: Root, info: Info) -> ContactRow:
        return await load_required(info.context.loaders.contact, root.contact_id)

    @strawberry.field(description="Derived from two-way activities with this person.")
    async def coverage(self, root: Root, info: Info) -> Coverage:
        talks = await _conversations(info, root)
        return coverage(talks.count if talks else 0)

    @strawberry.field(description="The last two-way activity with this person.")
    async def last_two_way_at(self, root: Root, info: Info) -> datetime | None:
        talks = await _conversations(info, root)
        return talks.last_at if talks else None

    @strawberry.field(
        graphql_type=list["StakeholderRelation"], description="How they stand to others of the same purchase."
    )
    async def relations(self, root: Root, info: Info) -> list[Any]:
        people = {one.id: one for one in await info.context.loaders.part("stakeholders", root.opportunity_id)}
        return [StakeholderRelation(kind=relation.kind, to=people[relation.to_id]) for relation in root.relations]


@strawberry.type(description="How one stakeholder stands to another of the same purchase.")
class StakeholderRelation:
    kind: RelationKind = described("How they stand to the other.")
    to: Stakeholder = described("The other.")


async def _conversations(info: Info, person: StakeholderFacts) -> ContactConversations | None:
    activity = await info.context.loaders.part("activity", person.opportunity_id)
    return next((talks for talks in activity.talks if talks.contact_id == person.contact_id), None)


@strawberry.input(description="A contact's part in a purchase.")
class AddStakeholderInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    contact_id: strawberry.ID = described("A contact of the opportunity's account.")
    roles: list[BuyingRole] = described("The parts they play; may be empty.")
    influence: Influence = strawberry.field(default=Influence.UNKNOWN, description="How much their word weighs.")
    attitude: Attitude = strawberry.field(default=Attitude.UNKNOWN, description="How they feel about us.")
    buying_style: BuyingStyle = strawberry.field(
        default=BuyingStyle.UNKNOWN, description="What they judge an offer by."
    )
    motivation: str | None = optional("What is in it for them.")
    is_primary: bool = strawberry.field(
        default=False, description="The one we mainly speak with; there is one at most."
    )


@strawberry.input(description="How a stakeholder stands to another of the same opportunity.")
class StakeholderRelationInput:
    kind: RelationKind = described("How they stand to the other.")
    to_id: strawberry.ID = described("Another stakeholder of the same opportunity.")


@strawberry.input(description="Changes of a stakeholder: what is left out is kept, null clears.")
class UpdateStakeholderInput:
    id: strawberry.ID = described("The stakeholder.")
    expected_version: int | None = optional("The opportunity's version that was read.")
    roles: list[BuyingRole] | None = optional("The parts they play.")
    influence: Influence | None = optional("How much their word weighs.")
    attitude: Attitude | None = optional("How they feel about us.")
    buying_style: BuyingStyle | None = optional("What they judge an offer by.")
    motivation: str | None = optional("What is in it for them.")
    is_primary: bool | None = optional("The one we mainly speak with.")
    left: bool | None = optional("They have left the buyer or the purchase.")
    relations: list[StakeholderRelationInput] | None = optional("How they stand to others: all of it.")


@strawberry.input(description="A stakeholder who was added by mistake.")
class RemoveStakeholderInput:
    id: strawberry.ID = described("The stakeholder.")
    expected_version: int | None = optional("The opportunity's version that was read.")


@strawberry.type(description="The stakeholder was added or changed.")
class StakeholderChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Stakeholder, description="The stakeholder as stored.")
    async def stakeholder(self, info: Info) -> StakeholderFacts:
        person: StakeholderFacts = await load_changed_part(info, "Stakeholder", self.key)
        return person

    @strawberry.field(graphql_type=Opportunity, description="The opportunity they are on.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_changed_opportunity(info, "Stakeholder", self.key)


StakeholderResult = Annotated[
    StakeholderChanged | VersionConflict | RecordClosed | Duplicate | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("StakeholderResult", description="The stakeholder, or why not."),
]


@strawberry.type
class StakeholderMutation:
    @strawberry.mutation(
        graphql_type=StakeholderResult, description="Add a contact of the account to the purchase, once."
    )
    async def add_stakeholder(self, info: Info, input: AddStakeholderInput) -> StakeholderChanged:
        id = ids.parse("Opportunity", input.opportunity_id)
        new = operations.NewStakeholder(
            contact_id=ids.parse("Contact", input.contact_id), **provided_fields(input, "opportunity_id", "contact_id")
        )
        return StakeholderChanged(key=await operations.add_stakeholder(info.context.operation_context(), id, new))

    @strawberry.mutation(graphql_type=StakeholderResult, description="Change the fields that are given.")
    async def update_stakeholder(self, info: Info, input: UpdateStakeholderInput) -> StakeholderChanged:
        id, version = ids.parse("Stakeholder", input.id), or_none(input.expected_version)
        changes: Any = provided_fields(input, "id", "expected_version")
        if "relations" in changes:
            changes["relations"] = _parse_relations(changes["relations"])
        return StakeholderChanged(
            key=await operations.update_stakeholder(
                info.context.operation_context(), id, changes, expected_version=version
            )
        )

    @strawberry.mutation(
        graphql_type=DeleteResult, description="Take somebody off who was added by mistake; who left is marked `left`."
    )
    async def remove_stakeholder(self, info: Info, input: RemoveStakeholderInput) -> Deleted:
        id, version = ids.parse("Stakeholder", input.id), or_none(input.expected_version)
        deal = await operations.remove_stakeholder(info.context.operation_context(), id, expected_version=version)
        return Deleted(id=input.id, opportunity_id=deal)


def _parse_relations(relations: list[StakeholderRelationInput] | None) -> list[RelationFacts]:
    return [RelationFacts(relation.kind, ids.parse("Stakeholder", relation.to_id)) for relation in relations or []]
