"""The mutation that changes the buyer of an opportunity."""

from datetime import date
from typing import Any

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.nodes import described
from schema.opportunity.mutations import OpportunityChanged, OpportunityResult
from workflow.operations.buyer import profile
from workflow.rules.enums import PurchaseProcess
from workflow.rules.opportunity.parts import DecisionStepFacts, ObjectiveFacts


@strawberry.input(description="One step of the buyer's decision process.")
class DecisionStepInput:
    name: str = described("The step, such as an approval.")
    owner_id: strawberry.ID | None = optional("The stakeholder of this opportunity who takes the step.")
    due: date | None = optional("The day by which it should be done.")
    done: bool = strawberry.field(default=False, description="True if it is done.")


@strawberry.input(description="A result that the buyer wants.")
class ObjectiveInput:
    text: str = described("The objective in the buyer's words.")
    metric: str | None = optional("The measure of success.")
    baseline: str | None = optional("The value of the measure today.")
    target: str | None = optional("The value of the measure that the buyer wants.")
    due: date | None = optional("The day by which the buyer wants it.")


@strawberry.input(
    description="Changes to the buyer of an opportunity. Fields that you leave out stay as they "
    "are; null clears a field."
)
class UpdateBuyerInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    expected_version: int | None = optional(
        "The version that you read. If the opportunity has changed since, the answer is a "
        "VersionConflict. Left out: no check."
    )
    purchase_process: PurchaseProcess | None = optional("The way the buyer decides. Null sets it to UNKNOWN.")
    decision_steps: list[DecisionStepInput] | None = optional(
        "The steps of the buyer's decision process, in order, at most 50. The list replaces the present one."
    )
    decision_date: date | None = optional("The day on which the buyer decides.")
    compelling_event: str | None = optional(
        'The event that makes the date matter to the buyer. Refused if it says nothing, such as "n/a" or '
        '"tbd".'
    )
    motivation_to_change: str | None = optional("The reason why the buyer wants to change at all.")
    objectives: list[ObjectiveInput] | None = optional(
        "The results that the buyer wants, in order, at most 50. The list replaces the present one."
    )
    first_time_buyer: bool | None = optional(
        "True if the buyer has never bought anything like it. Null if not known."
    )
    prior_attempt_failed: bool | None = optional(
        "True if the buyer tried this before and failed. Null if not known."
    )
    prior_attempt_note: str | None = optional("The story of that attempt.")


@strawberry.type
class BuyerMutation:
    @strawberry.mutation(
        graphql_type=OpportunityResult,
        description="Change the fields that are given; a list replaces the present one. Refused if the "
        "opportunity is closed or if you may not write it.",
    )
    async def update_buyer(self, info: Info, input: UpdateBuyerInput) -> OpportunityChanged:
        id = ids.parse("Opportunity", input.opportunity_id)
        version = or_none(input.expected_version)
        await profile.update_buyer(
            info.context.operation_context(), id, _parse_changes(input), expected_version=version
        )
        return OpportunityChanged(key=id)


def _parse_changes(input: UpdateBuyerInput) -> Any:  # Any: the operation's TypedDict
    changes = provided_fields(input, "opportunity_id", "expected_version")
    if "decision_steps" in changes:
        changes["decision_steps"] = [_parse_decision_step(step) for step in changes["decision_steps"] or []]
    if "objectives" in changes:
        changes["objectives"] = [
            ObjectiveFacts(**provided_fields(objective)) for objective in changes["objectives"] or []
        ]
    return changes


def _parse_decision_step(step: DecisionStepInput) -> DecisionStepFacts:
    owner = ids.parse_optional("Stakeholder", or_none(step.owner_id))
    return DecisionStepFacts(step.name, owner, or_none(step.due), step.done)
