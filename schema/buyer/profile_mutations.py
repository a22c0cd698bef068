"""Recording what is understood of the buyer."""

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


@strawberry.input(description="A step of the buyer's way to a decision.")
class DecisionStepInput:
    name: str = described("What happens.")
    owner_id: strawberry.ID | None = optional("The stakeholder of this opportunity whose step it is.")
    due: date | None = optional("By when.")
    done: bool = strawberry.field(default=False, description="Whether it has happened.")


@strawberry.input(description="What the buyer wants to reach.")
class ObjectiveInput:
    text: str = described("In the buyer's words.")
    metric: str | None = optional("What it is measured by.")
    baseline: str | None = optional("Where they stand today.")
    target: str | None = optional("Where they want to be.")
    due: date | None = optional("By when.")


@strawberry.input(description="Changes of what is understood of the buyer: what is left out is kept, null clears.")
class UpdateBuyerInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    expected_version: int | None = optional("The version that was read.")
    purchase_process: PurchaseProcess | None = optional("How the buyer decides; null: not known.")
    decision_steps: list[DecisionStepInput] | None = optional(
        "Their way to a decision, in its order: all of it, 50 at most."
    )
    decision_date: date | None = optional("The day the buyer decides.")
    compelling_event: str | None = optional("The event that makes a date matter to them, in words that say something.")
    motivation_to_change: str | None = optional("Why they want to change at all.")
    objectives: list[ObjectiveInput] | None = optional(
        "What they want to reach, in their order: all of it, 50 at most."
    )
    first_time_buyer: bool | None = optional("Whether they buy such a thing for the first time; null: not known.")
    prior_attempt_failed: bool | None = optional("Whether they failed at this before; null: not known.")
    prior_attempt_note: str | None = optional("What became of that attempt.")


@strawberry.type
class BuyerMutation:
    @strawberry.mutation(
        graphql_type=OpportunityResult, description="Change the fields that are given; lists are replaced whole."
    )
    async def update_buyer(self, info: Info, input: UpdateBuyerInput) -> OpportunityChanged:
        id, version = ids.parse("Opportunity", input.opportunity_id), or_none(input.expected_version)
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
