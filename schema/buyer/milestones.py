"""Milestones and progress: types, inputs and mutations."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import load_all_required
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.nodes import Node, Root, Roots, backed_by, batch, described, needs, node_id
from schema.people.types import ActorType
from schema.results.changed_part import load_changed_opportunity, load_changed_part
from schema.results.problems import InvalidInput, NotFound, PermissionDenied, RecordClosed, VersionConflict
from workflow.operations.buyer import milestones as operations
from workflow.operations.buyer.milestones import NewMilestone
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import MilestoneSide, MilestoneStatus, Momentum
from workflow.rules.opportunity import milestones as rules
from workflow.rules.opportunity.parts import Actor, MilestoneFacts

if TYPE_CHECKING:
    from schema.opportunity.type import Opportunity
else:
    Opportunity = Annotated["Opportunity", strawberry.lazy("schema.opportunity.type")]

VERSION = (
    "The opportunity's version that you read. If it has changed since, the answer is a VersionConflict. "
    "Left out: no check."
)


@strawberry.type(description="A result on the way to the purchase.")
class Milestone(Node):
    is_type_of = backed_by(MilestoneFacts)
    id: strawberry.ID = node_id("Milestone")
    key: str | None = described("The key of the milestone in the process. Null if it was added by hand.")
    name: str = described("The result to reach.")
    side: MilestoneSide = described("The side that must act.")
    weight: int = described("The weight in the progress.")
    status: MilestoneStatus = described("The state of the milestone.")
    due: date | None = described("The day by which it should be done.")
    completed_at: datetime | None = described("The time when it was done. Null if it is not done.")
    evidence: str | None = described(
        "The words that show that it was done. Always present for a BUYER or JOINT milestone that is done."
    )

    @strawberry.field(
        graphql_type=bool,
        description="True if its day is over and it is not done. Due dates count only in the state "
        "PROGRESSING.",
    )
    @batch
    async def overdue(roots: Roots, info: Info) -> list[bool]:
        facts = await load_all_required(info.context.loaders.facts, [root.opportunity_id for root in roots])
        return [
            rules.is_overdue(root, deal_facts, info.context.now)
            for root, deal_facts in zip(roots, facts, strict=True)
        ]

    @strawberry.field(
        graphql_type=ActorType | None,
        description="The member or API key that recorded it as done. Null if it is not done.",
    )
    def completed_by(self, root: Root) -> Actor | None:
        actor: Actor | None = root.actor if root.status is MilestoneStatus.DONE else None
        return actor


@strawberry.type(name="Progress", description="The progress of the purchase, measured by milestones.")
class ProgressType:
    is_type_of = backed_by(rules.Progress)
    percent: int = described(
        "The weight of the milestones that are done or waived, as a percentage of the weight of all."
    )
    completed: int = described("The number of milestones that are done or waived.")
    total: int = described("The number of milestones.")
    overdue: int = described("The number of milestones that are overdue.")
    next: Milestone | None = described("The milestone that is due next. Null if there is none.")
    momentum: Momentum = described(
        "The milestones reached in the last 30 days, compared with the activities."
    )


@batch
@needs("id")
async def deal_milestones(roots: Roots, info: Info) -> list[Sequence[MilestoneFacts]]:
    """Return the milestones of each deal."""
    return await info.context.loaders.part_of_each("milestones", [root.id for root in roots])


@batch
async def deal_progress(roots: Roots, info: Info) -> list[rules.Progress]:
    """Return the progress of each deal."""
    facts = await load_all_required(info.context.loaders.facts, [root.id for root in roots])
    return [rules.milestone_progress(one, info.context.now) for one in facts]


@strawberry.input(description="A milestone to add to one opportunity.")
class AddMilestoneInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    name: str = described("The result to reach.")
    side: MilestoneSide = strawberry.field(default=MilestoneSide.BUYER, description="The side that must act.")
    weight: int = strawberry.field(default=1, description="The weight in the progress, 0 to 20.")
    due: date | None = optional("The day by which it should be done.")


@strawberry.input(description="A milestone that was reached.")
class CompleteMilestoneInput:
    id: strawberry.ID = described("The milestone.")
    expected_version: int | None = optional(VERSION)
    evidence: str | None = optional(
        "The words that show that it was done. Required for a BUYER or JOINT milestone."
    )


@strawberry.input(
    description="Changes to a milestone that is not done. Fields that you leave out stay as they "
    "are; null clears the due date."
)
class UpdateMilestoneInput:
    id: strawberry.ID = described("The milestone.")
    expected_version: int | None = optional(VERSION)
    name: str | None = optional("The result to reach.")
    due: date | None = optional("The day by which it should be done.")
    weight: int | None = optional(
        "The weight in the progress, 0 to 20. Only for a milestone that was added by hand."
    )


@strawberry.input(description="A milestone that the opportunity does not need.")
class WaiveMilestoneInput:
    id: strawberry.ID = described("The milestone.")
    expected_version: int | None = optional(VERSION)
    reason: str = described("The reason, at least 20 characters.")


@strawberry.input(description="A milestone to set back to PLANNED.")
class ReopenMilestoneInput:
    id: strawberry.ID = described("The milestone.")
    expected_version: int | None = optional(VERSION)
    reason: str = described("The reason, stored in the event.")


@strawberry.type(description="The milestone was added or changed.")
class MilestoneChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Milestone, description="The milestone, read after the change.")
    async def milestone(self, info: Info) -> MilestoneFacts:
        step: MilestoneFacts = await load_changed_part(info, "Milestone", self.key)
        return step

    @strawberry.field(graphql_type=Opportunity, description="The opportunity, read after the change.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_changed_opportunity(info, "Milestone", self.key)


MilestoneResult = Annotated[
    MilestoneChanged | VersionConflict | RecordClosed | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("MilestoneResult", description="The milestone, or the reason why it was not stored."),
]


def _mutation(description: str) -> Any:
    return strawberry.mutation(graphql_type=MilestoneResult, description=description)


@strawberry.type
class MilestoneMutation:
    @_mutation(
        "Add a milestone to one opportunity. Refused if the opportunity is closed or if you may not write it."
    )
    async def add_milestone(self, info: Info, input: AddMilestoneInput) -> MilestoneChanged:
        id = ids.parse("Opportunity", input.opportunity_id)
        new = NewMilestone(**provided_fields(input, "opportunity_id"))
        return MilestoneChanged(key=await operations.add_milestone(info.context.operation_context(), id, new))

    @_mutation(
        "Record that a milestone was reached. Refused without evidence for a BUYER or JOINT "
        "milestone, or if it is done or waived already."
    )
    async def complete_milestone(self, info: Info, input: CompleteMilestoneInput) -> MilestoneChanged:
        id = ids.parse("Milestone", input.id)
        evidence = or_none(input.evidence)
        key = await operations.complete_milestone(
            info.context.operation_context(), id, evidence=evidence, **_version(input)
        )
        return MilestoneChanged(key=key)

    @_mutation(
        "Change the name or the due date of a milestone, or the weight of one that was "
        "added by hand. Refused if it is done."
    )
    async def update_milestone(self, info: Info, input: UpdateMilestoneInput) -> MilestoneChanged:
        id = ids.parse("Milestone", input.id)
        context = info.context.operation_context()
        changes: Any = provided_fields(input, "id", "expected_version")
        return MilestoneChanged(
            key=await operations.update_milestone(context, id, changes, **_version(input))
        )

    @_mutation(
        "Waive a milestone that this opportunity does not need. Only managers and admins "
        "who do not work on the opportunity may do this."
    )
    async def waive_milestone(self, info: Info, input: WaiveMilestoneInput) -> MilestoneChanged:
        id = ids.parse("Milestone", input.id)
        key = await operations.waive_milestone(
            info.context.operation_context(), id, reason=input.reason, **_version(input)
        )
        return MilestoneChanged(key=key)

    @_mutation(
        "Set a milestone that is done or waived back to PLANNED. Refused if the opportunity is closed."
    )
    async def reopen_milestone(self, info: Info, input: ReopenMilestoneInput) -> MilestoneChanged:
        id = ids.parse("Milestone", input.id)
        key = await operations.reopen_milestone(
            info.context.operation_context(), id, reason=input.reason, **_version(input)
        )
        return MilestoneChanged(key=key)


def _version(input: Any) -> Any:  # Any: one of the inputs above
    return {"expected_version": or_none(input.expected_version)}
