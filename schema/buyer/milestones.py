"""Milestones: how far the purchase has come, and what is done with the steps."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.nodes import Node, Root, backed_by, described, node_id
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

VERSION = "The opportunity's version that was read."


@strawberry.type(description="A step towards the purchase.")
class Milestone(Node):
    is_type_of = backed_by(MilestoneFacts)
    id: strawberry.ID = node_id("Milestone")
    key: str | None = described("Stable inside the process; null for one added by hand.")
    name: str = described("What happens.")
    side: MilestoneSide = described("Whose step it is.")
    weight: int = described("How much it counts in the progress.")
    status: MilestoneStatus = described(
        "MISSED: 7 days past its day, still to be done; WAIVED: a manager lets the deal go without."
    )
    due: date | None = described("By when.")
    completed_at: datetime | None = described("When it was done.")
    evidence: str | None = described("What the buyer did that shows it: required where side is BUYER or JOINT.")

    @strawberry.field(description="Whether its day has ended and it is not done; due dates run in PROGRESSING only.")
    async def overdue(self, root: Root, info: Info) -> bool:
        facts = await load_required(info.context.loaders.facts, root.opportunity_id)
        return rules.is_overdue(root, facts, info.context.now)

    @strawberry.field(graphql_type=ActorType | None, description="Who recorded it as done; null while it is not.")
    def completed_by(self, root: Root) -> Actor | None:
        actor: Actor | None = root.actor if root.status is MilestoneStatus.DONE else None
        return actor


@strawberry.type(name="Progress", description="How far the purchase has come.")
class ProgressType:
    is_type_of = backed_by(rules.Progress)
    percent: int = described("Weight done or waived, in percent of the weight of all.")
    completed: int = described("How many are done or waived.")
    total: int = described("How many there are.")
    overdue: int = described("How many are late.")
    next: Milestone | None = described("The one that is due next.")
    momentum: Momentum = described("Milestones reached against activities over the last 30 days.")


@strawberry.type
class DealProgress:
    @strawberry.field(
        graphql_type=list[Milestone], description="The process's steps in its order, then those added by hand."
    )
    async def milestones(self, root: Root, info: Info) -> Sequence[MilestoneFacts]:
        steps: Sequence[MilestoneFacts] = await info.context.loaders.part("milestones", root.id)
        return steps

    @strawberry.field(graphql_type=ProgressType, description="How far the purchase has come.")
    async def progress(self, root: Root, info: Info) -> rules.Progress:
        return rules.milestone_progress(await load_required(info.context.loaders.facts, root.id), info.context.now)


@strawberry.input(description="A step of this one opportunity's.")
class AddMilestoneInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    name: str = described("What is to happen.")
    side: MilestoneSide = strawberry.field(default=MilestoneSide.BUYER, description="Whose step it is.")
    weight: int = strawberry.field(default=1, description="0 to 20.")
    due: date | None = optional("By when.")


@strawberry.input(description="A step that was done.")
class CompleteMilestoneInput:
    id: strawberry.ID = described("The milestone.")
    expected_version: int | None = optional(VERSION)
    evidence: str | None = optional("What the buyer did that shows it: required where side is BUYER or JOINT.")


@strawberry.input(description="Changes of a step that is not done: what is left out is kept, null clears the day.")
class UpdateMilestoneInput:
    id: strawberry.ID = described("The milestone.")
    expected_version: int | None = optional(VERSION)
    name: str | None = optional("What is to happen.")
    due: date | None = optional("By when.")
    weight: int | None = optional("0 to 20, of one that was added by hand.")


@strawberry.input(
    description="A step that this opportunity does not need, by the word of a manager who does not own it."
)
class WaiveMilestoneInput:
    id: strawberry.ID = described("The milestone.")
    expected_version: int | None = optional(VERSION)
    reason: str = described("Why, in at least 20 characters.")


@strawberry.input(description="A step that was not done after all.")
class ReopenMilestoneInput:
    id: strawberry.ID = described("The milestone.")
    expected_version: int | None = optional(VERSION)
    reason: str = described("Why; kept in the event.")


@strawberry.type(description="The milestone was added or changed.")
class MilestoneChanged:
    key: strawberry.Private[UUID]

    @strawberry.field(graphql_type=Milestone, description="The milestone as stored.")
    async def milestone(self, info: Info) -> MilestoneFacts:
        step: MilestoneFacts = await load_changed_part(info, "Milestone", self.key)
        return step

    @strawberry.field(graphql_type=Opportunity, description="The opportunity that it hangs on.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_changed_opportunity(info, "Milestone", self.key)


MilestoneResult = Annotated[
    MilestoneChanged | VersionConflict | RecordClosed | NotFound | PermissionDenied | InvalidInput,
    strawberry.union("MilestoneResult", description="The milestone, or why not."),
]


def _mutation(description: str) -> Any:
    return strawberry.mutation(graphql_type=MilestoneResult, description=description)


@strawberry.type
class MilestoneMutation:
    @_mutation("Add a step of this opportunity's own.")
    async def add_milestone(self, info: Info, input: AddMilestoneInput) -> MilestoneChanged:
        """One more step."""
        id, new = (
            ids.parse("Opportunity", input.opportunity_id),
            NewMilestone(**provided_fields(input, "opportunity_id")),
        )
        return MilestoneChanged(key=await operations.add_milestone(info.context.operation_context(), id, new))

    @_mutation("The step is done, with evidence where it is the buyer's.")
    async def complete_milestone(self, info: Info, input: CompleteMilestoneInput) -> MilestoneChanged:
        """A step taken."""
        id, evidence = ids.parse("Milestone", input.id), or_none(input.evidence)
        key = await operations.complete_milestone(
            info.context.operation_context(), id, evidence=evidence, **_version(input)
        )
        return MilestoneChanged(key=key)

    @_mutation("Change the name, the day, or the weight of one added by hand.")
    async def update_milestone(self, info: Info, input: UpdateMilestoneInput) -> MilestoneChanged:
        """A step seen better."""
        id, context = ids.parse("Milestone", input.id), info.context.operation_context()
        changes: Any = provided_fields(input, "id", "expected_version")
        return MilestoneChanged(key=await operations.update_milestone(context, id, changes, **_version(input)))

    @_mutation("A manager's word that this deal does not need it.")
    async def waive_milestone(self, info: Info, input: WaiveMilestoneInput) -> MilestoneChanged:
        """Without it."""
        id = ids.parse("Milestone", input.id)
        key = await operations.waive_milestone(
            info.context.operation_context(), id, reason=input.reason, **_version(input)
        )
        return MilestoneChanged(key=key)

    @_mutation("It was not done after all, or is needed after all.")
    async def reopen_milestone(self, info: Info, input: ReopenMilestoneInput) -> MilestoneChanged:
        """Once more."""
        id = ids.parse("Milestone", input.id)
        key = await operations.reopen_milestone(
            info.context.operation_context(), id, reason=input.reason, **_version(input)
        )
        return MilestoneChanged(key=key)


def _version(input: Any) -> Any:  # Any: one of the inputs above
    return {"expected_version": or_none(input.expected_version)}
