"""Taking an arrow: inputs, results, mutations."""

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
from schema.opportunity.mutations import NextStepInput, parse_changes, parse_next_step
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
    expected_version: int | None = optional("The version that was read; another one there is a VersionConflict.")
    override: OverrideInput | None = optional(
        "Passes unmet requirements with a reason: a manager SOFT ones, an admin all."
    )
    dry_run: bool = strawberry.field(default=False, description="Do everything and roll it back.")


@strawberry.input
class NotedTransitionInput(TransitionInput):
    note: str | None = optional("In your words; kept with the transition.")


@strawberry.input(
    description="LEAD to QUALIFIED. What is given is applied first, then the gate is judged; nothing is written unless it opens."
)
class QualifyOpportunityInput(NotedTransitionInput):
    assessments: list[AssessmentInput] | None = optional("Recorded first.")
    pain_since: date | None = optional("Recorded first.")
    next_step: NextStepInput | None = optional("Recorded first.")


@strawberry.input(
    description="QUALIFIED to PROGRESSING. What is given is applied first, then the gate is judged; the milestones are laid out."
)
class ProgressOpportunityInput(NotedTransitionInput):
    value: MoneyInput | None = optional("Applied first.")
    expected_close_date: date | None = optional("Applied first; a new baseline, never a push.")
    slip_reason: SlipReason | None = optional("Not needed: a date given here is a new baseline.")
    next_step: NextStepInput | None = optional("Applied first.")


@strawberry.input(description="PROGRESSING to WON.")
class WinOpportunityInput(NotedTransitionInput):
    reason: WinReason = described("Why the buyer chose us.")
    value: MoneyInput | None = optional("What was agreed at last; applied first.")
    closed_on: date | None = optional("The day it was won; left out: today.")


@strawberry.input(description="QUALIFIED or PROGRESSING to LOST.")
class LoseOpportunityInput(NotedTransitionInput):
    reason: LossReason = described("Why. OTHER needs a `note` of at least 20 characters.")
    competitor_id: strawberry.ID | None = optional("One of the opportunity's competitors, with LOST_TO_COMPETITOR.")
    closed_on: date | None = optional("The day it was lost; left out: today.")


@strawberry.input(description="Stop: an open opportunity becomes DISQUALIFIED.")
class DisqualifyOpportunityInput(NotedTransitionInput):
    reason: DisqualifyReason = described("Why. OTHER needs a `note` of at least 20 characters.")


@strawberry.input(description="Back by one state: PROGRESSING to QUALIFIED, QUALIFIED to LEAD.")
class RegressOpportunityInput(TransitionInput):
    note: str = described("Why it goes back; kept with the transition.")


@strawberry.input(description="A closed opportunity is open again; the gate into its target is judged anew.")
class ReopenOpportunityInput(TransitionInput):
    note: str = described("Why it is opened again; kept with the transition.")
    to: OpportunityState = described(
        "Where to: LOST to LEAD, QUALIFIED or PROGRESSING; DISQUALIFIED to LEAD; WON to PROGRESSING."
    )
    expected_close_date: date | None = optional("Applied first; a new baseline, never a push.")
    slip_reason: SlipReason | None = optional("Not needed: a date given here is a new baseline.")


@strawberry.type(description="The arrow was taken, or would have been.")
class TransitionSucceeded:
    result: strawberry.Private[TransitionOutcome]

    @strawberry.field(graphql_type=Opportunity, description="As stored: unchanged on a dry run.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        return await load_required(info.context.loaders.opportunity, self.result.opportunity_id)

    @strawberry.field(graphql_type=Transition | None, description="Null on a dry run.")
    async def transition(self, info: Info) -> TransitionRow | None:
        id = self.result.transition_id
        return None if id is None else await load_required(info.context.loaders.transition, id)

    @strawberry.field(description="Where it leads.")
    def target(self) -> OpportunityState:
        return self.result.target

    @strawberry.field(graphql_type=list[Requirement], description="The gate as it was evaluated.")
    def requirements(self) -> Any:
        return self.result.verdicts

    @strawberry.field(description="Whether it was only tried.")
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
    strawberry.union("TransitionResult", description="The arrow taken, or why not: the first of these that applies."),
]


def _transition_mutation(description: str) -> Any:
    return strawberry.mutation(graphql_type=TransitionResult, description=description)


@strawberry.type
class TransitionMutation:
    @_transition_mutation("LEAD becomes QUALIFIED where pain, interest and fit hold.")
    async def qualify_opportunity(self, info: Info, input: QualifyOpportunityInput) -> TransitionSucceeded:
        """A lead becomes an opportunity."""
        changes = QualifyChanges(
            assessments=parse_assessments(or_none(input.assessments) or []),
            pain_since=or_none(input.pain_since),
            next_step=parse_next_step(or_none(input.next_step)),
        )
        id = ids.parse("Opportunity", input.id)
        return TransitionSucceeded(
            result=await triggers.qualify(info.context.operation_context(), id, changes, _parse_terms(input))
        )

    @_transition_mutation("QUALIFIED becomes PROGRESSING; the process's milestones are laid out, due from today.")
    async def progress_opportunity(self, info: Info, input: ProgressOpportunityInput) -> TransitionSucceeded:
        """The purchase begins."""
        id, changes = ids.parse("Opportunity", input.id), parse_changes(_applied_fields(input))
        return TransitionSucceeded(
            result=await triggers.progress(info.context.operation_context(), id, changes, _parse_terms(input))
        )

    @_transition_mutation("PROGRESSING becomes WON, with the reason why.")
    async def win_opportunity(self, info: Info, input: WinOpportunityInput) -> TransitionSucceeded:
        """The end we wanted."""
        won = WinDetails(input.reason, or_none(input.closed_on), parse_changes(_applied_fields(input)))
        id = ids.parse("Opportunity", input.id)
        return TransitionSucceeded(
            result=await triggers.win(info.context.operation_context(), id, won, _parse_terms(input))
        )

    @_transition_mutation("QUALIFIED or PROGRESSING becomes LOST, with the reason why.")
    async def lose_opportunity(self, info: Info, input: LoseOpportunityInput) -> TransitionSucceeded:
        """The end we did not want."""
        competitor_id = ids.parse_optional("Competitor", or_none(input.competitor_id))
        lost, id = (
            LossDetails(input.reason, competitor_id, or_none(input.closed_on)),
            ids.parse("Opportunity", input.id),
        )
        return TransitionSucceeded(
            result=await triggers.lose(info.context.operation_context(), id, lost, _parse_terms(input))
        )

    @_transition_mutation("An open opportunity becomes DISQUALIFIED, with the reason why.")
    async def disqualify_opportunity(self, info: Info, input: DisqualifyOpportunityInput) -> TransitionSucceeded:
        """We stop."""
        id, reason = ids.parse("Opportunity", input.id), input.reason
        return TransitionSucceeded(
            result=await triggers.disqualify(info.context.operation_context(), id, reason, _parse_terms(input))
        )

    @_transition_mutation("Back by one state, with a note that says why.")
    async def regress_opportunity(self, info: Info, input: RegressOpportunityInput) -> TransitionSucceeded:
        """It had come too far."""
        id = ids.parse("Opportunity", input.id)
        return TransitionSucceeded(
            result=await triggers.regress(info.context.operation_context(), id, _parse_terms(input))
        )

    @_transition_mutation(
        "A closed opportunity is open again, for a manager; a WON one for an admin. The gate into `to` is judged anew."
    )
    async def reopen_opportunity(self, info: Info, input: ReopenOpportunityInput) -> TransitionSucceeded:
        """Not over yet."""
        id, changes = ids.parse("Opportunity", input.id), parse_changes(_applied_fields(input))
        result = await triggers.reopen(info.context.operation_context(), id, input.to, changes, _parse_terms(input))
        return TransitionSucceeded(result=result)


APPLIED_FIELDS = frozenset({"value", "expected_close_date", "slip_reason", "next_step"})


def _applied_fields(input: Any) -> dict[str, Any]:  # Any: an input of one of the arrows
    return {name: value for name, value in provided_fields(input).items() if name in APPLIED_FIELDS}


def _parse_terms(input: Any) -> TransitionOptions:  # Any: an input of one of the arrows
    return TransitionOptions(
        note=or_none(input.note),
        override=parse_override(input.override),
        dry_run=input.dry_run,
        expected_version=or_none(input.expected_version),
    )
