"""The mutations that make transitions: inputs, results and resolvers."""

from datetime import date
from typing import Annotated, Any

import strawberry

from schema.buyer.assessments import AssessmentInput, parse_assessments
from schema.core import ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, or_none, provided_fields
from schema.core.money import MoneyInput
from schema.core.nodes import described
from schema.opportunity.mutations import parse_changes
from schema.opportunity.next_step import NextStepInput, parse_next_step
from schema.opportunity.overrides import OverrideInput, parse_override
from schema.opportunity.requirements import Requirement
from schema.opportunity.transitions import Transition
from schema.opportunity.type import Opportunity
from schema.results.problems import (
    IllegalTransition,
    InvalidInput,
    NotFound,
    PermissionDenied,
    TransitionBlocked,
    VersionConflict,
)
from workflow.operations.opportunity import triggers
from workflow.operations.opportunity.transitions import TransitionOptions, TransitionOutcome
from workflow.operations.opportunity.triggers import LossDetails, QualifyChanges, WinDetails
from workflow.queries.opportunity.history import TransitionRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, SlipReason, WinReason


@strawberry.input
class TransitionInput:
    id: strawberry.ID = described("The opportunity.")
    expected_version: int | None = optional(
        "The version that you read. If the record has changed since, the answer is a "
        "VersionConflict. Left out: no check."
    )
    override: OverrideInput | None = optional("Passes unmet requirements with a reason.")
    dry_run: bool = strawberry.field(
        default=False,
        description="Check everything and roll it back: the result shows what would have happened.",
    )


@strawberry.input
class NotedTransitionInput(TransitionInput):
    note: str | None = optional("Your note, stored with the transition.")


@strawberry.input(
    description="A lead to qualify. Changes in this input are applied before the gate is evaluated, "
    "and stored only if the transition succeeds."
)
class QualifyOpportunityInput(NotedTransitionInput):
    assessments: list[AssessmentInput] | None = optional(
        "Assessments to record before the gate is evaluated."
    )
    pain_since: date | None = optional(
        "The day since which the buyer has had the problem, recorded before the gate is evaluated."
    )
    next_step: NextStepInput | None = optional("The next action, recorded before the gate is evaluated.")


@strawberry.input(
    description="A qualified opportunity to progress. Changes in this input are applied before the "
    "gate is evaluated, and stored only if the transition succeeds."
)
class ProgressOpportunityInput(NotedTransitionInput):
    value: MoneyInput | None = optional("The value, applied before the gate is evaluated.")
    expected_close_date: date | None = optional(
        "The expected close date, applied before the gate is evaluated. It is a new "
        "baseline and never counts as a push."
    )
    slip_reason: SlipReason | None = optional("Not needed: the date given here is a new baseline.")
    next_step: NextStepInput | None = optional("The next action, applied before the gate is evaluated.")


@strawberry.input(
    description="An opportunity that was won. A value in this input is applied before the gate is evaluated."
)
class WinOpportunityInput(NotedTransitionInput):
    reason: WinReason = described("The reason why the buyer chose you.")
    value: MoneyInput | None = optional("The agreed value, applied before the gate is evaluated.")
    closed_on: date | None = optional(
        "The day on which it was won. Default: today. Not in the future, and not before the "
        "opportunity entered its state."
    )


@strawberry.input(description="An opportunity that was lost.")
class LoseOpportunityInput(NotedTransitionInput):
    reason: LossReason = described("The reason. OTHER requires a `note` of at least 20 characters.")
    competitor_id: strawberry.ID | None = optional(
        "The competitor who won: one of the opportunity's own. Required for LOST_TO_COMPETITOR."
    )
    closed_on: date | None = optional(
        "The day on which it was lost. Default: today. Not in the future, and not before "
        "the opportunity entered its state."
    )


@strawberry.input(description="An open opportunity to stop working on.")
class DisqualifyOpportunityInput(NotedTransitionInput):
    reason: DisqualifyReason = described("The reason. OTHER requires a `note` of at least 20 characters.")


@strawberry.input(description="An opportunity to move back by one state.")
class RegressOpportunityInput(TransitionInput):
    note: str = described("The reason, stored with the transition.")


@strawberry.input(
    description="A closed opportunity to open again. Changes in this input are applied before the gate is "
    "evaluated."
)
class ReopenOpportunityInput(TransitionInput):
    note: str = described("The reason, stored with the transition.")
    to: OpportunityState = described(
        "The state to reopen to: from LOST to LEAD, QUALIFIED or PROGRESSING; from "
        "DISQUALIFIED to LEAD; from WON to PROGRESSING."
    )
    expected_close_date: date | None = optional(
        "The expected close date, applied before the gate is evaluated. It is a new "
        "baseline and never counts as a push."
    )
    slip_reason: SlipReason | None = optional("Not needed: the date given here is a new baseline.")


@strawberry.type(description="The transition was made; on a dry run, it would have been.")
class TransitionSucceeded:
    result: strawberry.Private[TransitionOutcome]

    @strawberry.field(
        graphql_type=Opportunity,
        description="The opportunity, read after the transition. Unchanged on a dry run.",
    )
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_required(info.context.loaders.opportunity, self.result.opportunity_id)

    @strawberry.field(
        graphql_type=Transition | None, description="The recorded transition. Null on a dry run."
    )
    async def transition(self, info: Info) -> TransitionRow | None:
        id = self.result.transition_id
        return None if id is None else await load_required(info.context.loaders.transition, id)

    @strawberry.field(description="The state that the transition leads to.")
    def target(self) -> OpportunityState:
        return self.result.target

    @strawberry.field(
        graphql_type=list[Requirement], description="The requirements of the gate, as they were evaluated."
    )
    def requirements(self) -> Any:
        return self.result.verdicts

    @strawberry.field(description="True if nothing was stored.")
    def dry_run(self) -> bool:
        return self.result.dry_run


TransitionResult = Annotated[
    TransitionSucceeded
    | TransitionBlocked
    | IllegalTransition
    | VersionConflict
    | NotFound
    | PermissionDenied
    | InvalidInput,
    strawberry.union(
        "TransitionResult", description="The transition, or the first reason why it was not made."
    ),
]


def _transition_mutation(description: str) -> Any:
    return strawberry.mutation(graphql_type=TransitionResult, description=description)


@strawberry.type
class TransitionMutation:
    @_transition_mutation(
        "Qualify a LEAD: it becomes QUALIFIED. Refused with TransitionBlocked unless pain, "
        "interest, fit and all other requirements of the QUALIFY gate are met or "
        "overridden."
    )
    async def qualify_opportunity(self, info: Info, input: QualifyOpportunityInput) -> TransitionSucceeded:
        changes = QualifyChanges(
            assessments=parse_assessments(or_none(input.assessments) or []),
            pain_since=or_none(input.pain_since),
            next_step=parse_next_step(or_none(input.next_step)),
        )
        id = ids.parse("Opportunity", input.id)
        return TransitionSucceeded(
            result=await triggers.qualify(info.context.operation_context(), id, changes, _parse_terms(input))
        )

    @_transition_mutation(
        "Progress a QUALIFIED opportunity: it becomes PROGRESSING and gets the milestones "
        "of its process, due from today. Refused with TransitionBlocked unless the "
        "requirements of the PROGRESS gate are met or overridden."
    )
    async def progress_opportunity(self, info: Info, input: ProgressOpportunityInput) -> TransitionSucceeded:
        id = ids.parse("Opportunity", input.id)
        changes = parse_changes(_applied_fields(input))
        return TransitionSucceeded(
            result=await triggers.progress(info.context.operation_context(), id, changes, _parse_terms(input))
        )

    @_transition_mutation(
        "Win a PROGRESSING opportunity: it becomes WON, with a reason. Refused with "
        "TransitionBlocked unless the requirements of the WIN gate are met or overridden."
    )
    async def win_opportunity(self, info: Info, input: WinOpportunityInput) -> TransitionSucceeded:
        won = WinDetails(input.reason, or_none(input.closed_on), parse_changes(_applied_fields(input)))
        id = ids.parse("Opportunity", input.id)
        return TransitionSucceeded(
            result=await triggers.win(info.context.operation_context(), id, won, _parse_terms(input))
        )

    @_transition_mutation(
        "Lose a QUALIFIED or PROGRESSING opportunity: it becomes LOST, with a reason. "
        "Refused if the reason lacks its competitor or note."
    )
    async def lose_opportunity(self, info: Info, input: LoseOpportunityInput) -> TransitionSucceeded:
        competitor_id = ids.parse_optional("Competitor", or_none(input.competitor_id))
        lost = LossDetails(input.reason, competitor_id, or_none(input.closed_on))
        id = ids.parse("Opportunity", input.id)
        return TransitionSucceeded(
            result=await triggers.lose(info.context.operation_context(), id, lost, _parse_terms(input))
        )

    @_transition_mutation(
        "Stop working on an open opportunity: it becomes DISQUALIFIED, with a reason. "
        "Refused if the reason OTHER has no note."
    )
    async def disqualify_opportunity(
        self, info: Info, input: DisqualifyOpportunityInput
    ) -> TransitionSucceeded:
        id = ids.parse("Opportunity", input.id)
        reason = input.reason
        return TransitionSucceeded(
            result=await triggers.disqualify(
                info.context.operation_context(), id, reason, _parse_terms(input)
            )
        )

    @_transition_mutation(
        "Move an opportunity back by one state, with a note: PROGRESSING to QUALIFIED, or "
        "QUALIFIED to LEAD. Refused in any other state."
    )
    async def regress_opportunity(self, info: Info, input: RegressOpportunityInput) -> TransitionSucceeded:
        id = ids.parse("Opportunity", input.id)
        return TransitionSucceeded(
            result=await triggers.regress(info.context.operation_context(), id, _parse_terms(input))
        )

    @_transition_mutation(
        "Reopen a closed opportunity. Only managers and admins may do this, and only admins "
        "for a WON one. Refused with TransitionBlocked unless the gate into the target "
        "state is passed again."
    )
    async def reopen_opportunity(self, info: Info, input: ReopenOpportunityInput) -> TransitionSucceeded:
        id = ids.parse("Opportunity", input.id)
        changes = parse_changes(_applied_fields(input))
        result = await triggers.reopen(
            info.context.operation_context(), id, input.to, changes, _parse_terms(input)
        )
        return TransitionSucceeded(result=result)


APPLIED_FIELDS = frozenset({"value", "expected_close_date", "slip_reason", "next_step"})


def _applied_fields(input: Any) -> dict[str, Any]:  # Any: an input of one of the mutations
    return {name: value for name, value in provided_fields(input).items() if name in APPLIED_FIELDS}


def _parse_terms(input: Any) -> TransitionOptions:  # Any: an input of one of the mutations
    return TransitionOptions(
        note=or_none(input.note),
        override=parse_override(input.override),
        dry_run=input.dry_run,
        expected_version=or_none(input.expected_version),
    )
