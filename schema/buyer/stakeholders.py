"""Stakeholders: types, inputs and mutations."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from schema.accounts.types import Contact
from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.nodes import Node, Root, Roots, backed_by, batch, described, needs, node_id, referenced
from schema.results.changed_part import load_changed_opportunity, load_changed_part
from schema.results.deleted import Deleted, DeleteResult
from schema.results.problems import (
    Duplicate,
    InvalidInput,
    NotFound,
    PermissionDenied,
    RecordClosed,
    VersionConflict,
)
from workflow.operations.buyer import stakeholders as operations
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import Attitude, BuyingRole, BuyingStyle, Coverage, Influence, RelationKind
from workflow.rules.opportunity.buyer import coverage
from workflow.rules.opportunity.parts import (
    ActivityFacts,
    ContactConversations,
    RelationFacts,
    StakeholderFacts,
)

if TYPE_CHECKING:
    from schema.opportunity.type import Opportunity
else:
    Opportunity = Annotated["Opportunity", strawberry.lazy("schema.opportunity.type")]


@strawberry.type(description="A contact's part in one opportunity.")
class Stakeholder(Node):
    is_type_of = backed_by(StakeholderFacts)
    id: strawberry.ID = node_id("Stakeholder")
    roles: list[BuyingRole] = described("The roles in the purchase.")
    influence: Influence = described("The influence on the decision.")
    attitude: Attitude = described("The attitude towards your offer.")
    buying_style: BuyingStyle = described("The main point on which this person judges an offer.")
    motivation: str | None = described("The personal reason to support the purchase.")
    is_primary: bool = described("True for the main contact of the opportunity.")
    left: bool = described("True if the person left the account or the purchase.")

    contact: Contact = referenced("contact", "contact_id", "The contact.")

    @strawberry.field(
        graphql_type=Coverage, description="The number of two-way activities with this person, as a band."
    )
    @batch
    @needs("opportunity_id", "contact_id")
    async def coverage(roots: Roots, info: Info) -> list[Coverage]:
        return [coverage(found.count if found else 0) for found in await _conversations(info, roots)]

    @strawberry.field(
        graphql_type=datetime | None, description="The time of the last two-way activity with this person."
    )
    @batch
    @needs("opportunity_id", "contact_id")
    async def last_two_way_at(roots: Roots, info: Info) -> list[datetime | None]:
        return [found.last_at if found else None for found in await _conversations(info, roots)]

    @strawberry.field(
        graphql_type=list["StakeholderRelation"],
        description="The relations to other stakeholders of the opportunity.",
    )
    async def relations(self, root: Root, info: Info) -> list[Any]:
        people = {one.id: one for one in await info.context.loaders.part("stakeholders", root.opportunity_id)}
        return [
            StakeholderRelation(kind=relation.kind, to=people[relation.to_id]) for relation in root.relations
        ]


@strawberry.type(description="A relation of one stakeholder to another.")
class StakeholderRelation:
    kind: RelationKind = described("The kind of relation.")
    to: Stakeholder = described("The other stakeholder.")


async def _conversations(info: Info, people: Sequence[StakeholderFacts]) -> list[ContactConversations | None]:
    activities: list[ActivityFacts] = await info.context.loaders.part_of_each(
        "activity", [person.opportunity_id for person in people]
    )
    return [
        next((one for one in activity.conversations if one.contact_id == person.contact_id), None)
        for person, activity in zip(people, activities, strict=True)
    ]


@strawberry.input(description="A stakeholder to add.")
class AddStakeholderInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    contact_id: strawberry.ID = described("A contact of the opportunity's account.")
    roles: list[BuyingRole] = described("The roles in the purchase. May be empty.")
    influence: Influence = strawberry.field(
        default=Influence.UNKNOWN, description="The influence on the decision."
    )
    attitude: Attitude = strawberry.field(
        default=Attitude.UNKNOWN, description="The attitude towards your offer."
    )
    buying_style: BuyingStyle = strawberry.field(
        default=BuyingStyle.UNKNOWN, description="The main point on which this person judges an offer."
    )
    motivation: str | None = optional("The personal reason to support the purchase.")
    is_primary: bool = strawberry.field(
        default=False, description="True for the main contact. Replaces the present one."
    )


@strawberry.input(description="A relation to another stakeholder.")
class StakeholderRelationInput:
    kind: RelationKind = described("The kind of relation.")
    to_id: strawberry.ID = described("The other stakeholder, of the same opportunity.")


@strawberry.input(
    description="Changes to a stakeholder. Fields that you leave out stay as they are; null clears a field."
)
class UpdateStakeholderInput:
    id: strawberry.ID = described("The stakeholder.")
    expected_version: int | None = optional(
        "The opportunity's version that you read. If it has changed since, the answer is a "
        "VersionConflict. Left out: no check."
    )
    roles: list[BuyingRole] | None = optional("The roles in the purchase. The list replaces the present one.")
    influence: Influence | None = optional("The influence on the decision.")
    attitude: Attitude | None = optional("The attitude towards your offer.")
    buying_style: BuyingStyle | None = optional("The main point on which this person judges an offer.")
    motivation: str | None = optional("The personal reason to support the purchase.")
    is_primary: bool | None = optional("True for the main contact. Replaces the present one.")
    left: bool | None = optional("True if the person left the account or the purchase.")
    relations: list[StakeholderRelationInput] | None = optional(
        "The relations to other stakeholders. The list replaces the present one."
    )


@strawberry.input(description="A stakeholder to remove.")
class RemoveStakeholderInput:
    id: strawberry.ID = described("The stakeholder.")
    expected_version: int | None = optional(
        "The opportunity's version that you read. If it has changed since, the answer is a "
        "VersionConflict. Left out: no check."
    )


@strawberry.type(description="The stakeholder was added or changed.")
class StakeholderChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Stakeholder, description="The stakeholder, read after the change.")
    async def stakeholder(self, info: Info) -> StakeholderFacts:
        person: StakeholderFacts = await load_changed_part(info, "Stakeholder", self.key)
        return person

    @strawberry.field(graphql_type=Opportunity, description="The opportunity, read after the change.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_changed_opportunity(info, "Stakeholder", self.key)


StakeholderResult = Annotated[
    StakeholderChanged
    | VersionConflict
    | RecordClosed
    | Duplicate
    | NotFound
    | PermissionDenied
    | InvalidInput,
    strawberry.union(
        "StakeholderResult", description="The stakeholder, or the reason why it was not stored."
    ),
]


@strawberry.type
class StakeholderMutation:
    @strawberry.mutation(
        graphql_type=StakeholderResult,
        description="Add a contact of the account to the opportunity. Refused if the contact is a "
        "stakeholder already or belongs to another account, or if the opportunity is "
        "closed.",
    )
    async def add_stakeholder(self, info: Info, input: AddStakeholderInput) -> StakeholderChanged:
        id = ids.parse("Opportunity", input.opportunity_id)
        new = operations.NewStakeholder(
            contact_id=ids.parse("Contact", input.contact_id),
            **provided_fields(input, "opportunity_id", "contact_id"),
        )
        return StakeholderChanged(
            key=await operations.add_stakeholder(info.context.operation_context(), id, new)
        )

    @strawberry.mutation(
        graphql_type=StakeholderResult,
        description="Change the fields that are given. Refused if the opportunity is closed or if you "
        "may not write it.",
    )
    async def update_stakeholder(self, info: Info, input: UpdateStakeholderInput) -> StakeholderChanged:
        id = ids.parse("Stakeholder", input.id)
        version = or_none(input.expected_version)
        changes: Any = provided_fields(input, "id", "expected_version")
        if "relations" in changes:
            changes["relations"] = _parse_relations(changes["relations"])
        return StakeholderChanged(
            key=await operations.update_stakeholder(
                info.context.operation_context(), id, changes, expected_version=version
            )
        )

    @strawberry.mutation(
        graphql_type=DeleteResult,
        description="Remove a stakeholder who was added by mistake. Refused if an assessment, a risk or "
        "a decision step names the person: set `left` instead.",
    )
    async def remove_stakeholder(self, info: Info, input: RemoveStakeholderInput) -> Deleted:
        id = ids.parse("Stakeholder", input.id)
        version = or_none(input.expected_version)
        deal = await operations.remove_stakeholder(
            info.context.operation_context(), id, expected_version=version
        )
        return Deleted(id=input.id, opportunity_id=deal)


def _parse_relations(relations: list[StakeholderRelationInput] | None) -> list[RelationFacts]:
    return [
        RelationFacts(relation.kind, ids.parse("Stakeholder", relation.to_id)) for relation in relations or []
    ]
