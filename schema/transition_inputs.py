"""Taking an arrow: inputs, results, mutations."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema import ids
from schema.context import Info
from schema.given import maybe, or_none
from schema.loaders import sure
from schema.nodes import told
from schema.opportunity import Opportunity
from schema.opportunity_inputs import NextStepInput, OpportunityChanged, OpportunityResult, next_step
from schema.problems import (
    IllegalTransition,
    InvalidInput,
    NotFound,
    PermissionDenied,
    TransitionBlocked,
    VersionConflict,
)
from schema.requirements import Requirement
from schema.transitions import Transition
from workflow.operations import assessing, transitions
from workflow.operations.assessing import AssessmentGiven
from workflow.operations.transitions import AppliedFirst, Moved
from workflow.queries.history import TransitionRow
from workflow.queries.opportunities import OpportunityRow
from workflow.rules.states import DisqualifyReason, Grade, OpportunityState


@strawberry.input(description="One answer to one criterion.")
class AssessmentInput:
    """What is known."""

    criterion: str = told("The criterion's key in the opportunity's process, e.g. `pain`.")
    grade: Grade = told("How well it is known. VALIDATED and CONFIRMED need evidence.")
    evidence: str | None = maybe("What shows it, in words that say something.")
    evidence_url: str | None = maybe("Where it can be read; does not replace the evidence.")
    said_by_id: strawberry.ID | None = maybe("The stakeholder who said it.")


@strawberry.input(description="Answers to criteria: all are recorded, or none.")
class AssessCriteriaInput:
    """What was found out."""

    opportunity_id: strawberry.ID = told("The opportunity.")
    expected_version: int | None = maybe("The version that was read.")
    assessments: list[AssessmentInput] = told("Each criterion at most once.")
    pain_since: date | None = maybe("Since when the buyer has lived with the pain.")


@strawberry.input(
    description="LEAD to QUALIFIED. What is given is applied first, then the gate is judged; nothing is written unless it opens."
)
class QualifyOpportunityInput:
    """The lead is an opportunity."""

    id: strawberry.ID = told("The opportunity.")
    expected_version: int | None = maybe("The version that was read.")
    note: str | None = maybe("In your words; kept with the transition.")
    dry_run: bool = strawberry.field(default=False, description="Do everything and roll it back.")
    assessments: list[AssessmentInput] | None = maybe("Recorded first.")
    pain_since: date | None = maybe("Recorded first.")
    next_step: NextStepInput | None = maybe("Recorded first.")


@strawberry.input(description="Stop: an open opportunity becomes DISQUALIFIED.")
class DisqualifyOpportunityInput:
    """Not worth the time."""

    id: strawberry.ID = told("The opportunity.")
    expected_version: int | None = maybe("The version that was read.")
    note: str | None = maybe("In your words; at least 20 characters where the reason is OTHER.")
    dry_run: bool = strawberry.field(default=False, description="Do everything and roll it back.")
    reason: DisqualifyReason = told("Why.")


@strawberry.type(description="The arrow was taken, or would have been.")
class TransitionSucceeded:
    """Moved."""

    moved: strawberry.Private[Moved]

    @strawberry.field(graphql_type=Opportunity, description="As stored: unchanged on a dry run.")
    async def opportunity(self, info: Info) -> OpportunityRow:
        """Read after the write."""
        return await sure(info.context.loaders.opportunity, self.moved.opportunity_id)

    @strawberry.field(graphql_type=Transition | None, description="Null on a dry run.")
    async def transition(self, info: Info) -> TransitionRow | None:
        """The history row."""
        id = self.moved.transition_id
        return None if id is None else await sure(info.context.loaders.transition, id)

    @strawberry.field(description="Where it leads.")
    def target(self) -> OpportunityState:
        """The state."""
        return self.moved.target

    @strawberry.field(graphql_type=list[Requirement], description="The gate as it was evaluated.")
    def requirements(self) -> Any:
        """The verdicts."""
        return self.moved.verdicts

    @strawberry.field(description="Whether it was only tried.")
    def dry_run(self) -> bool:
        """Tried only."""
        return self.moved.dry_run


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


@strawberry.type
class TransitionMutation:
    """How a deal is assessed and moved."""

    @strawberry.mutation(
        graphql_type=OpportunityResult, description="Record what is known of criteria; append-only, the latest counts."
    )
    async def assess_criteria(self, info: Info, input: AssessCriteriaInput) -> OpportunityChanged:
        """Something was found out."""
        id = ids.of("Opportunity", input.opportunity_id)
        since, version = or_none(input.pain_since), or_none(input.expected_version)
        await assessing.assess_criteria(
            info.context.acting(), id, answers(input.assessments), pain_since=since, expected_version=version
        )
        return OpportunityChanged(key=id)

    @strawberry.mutation(
        graphql_type=TransitionResult, description="LEAD becomes QUALIFIED where pain, interest and fit hold."
    )
    async def qualify_opportunity(self, info: Info, input: QualifyOpportunityInput) -> TransitionSucceeded:
        """A lead becomes an opportunity."""
        first = AppliedFirst(
            assessments=answers(or_none(input.assessments) or []),
            pain_since=or_none(input.pain_since),
            next_step=next_step(or_none(input.next_step)),
        )
        return TransitionSucceeded(
            moved=await transitions.qualify(
                info.context.acting(), ids.of("Opportunity", input.id), first, **_terms(input)
            )
        )

    @strawberry.mutation(
        graphql_type=TransitionResult, description="An open opportunity becomes DISQUALIFIED, with the reason why."
    )
    async def disqualify_opportunity(self, info: Info, input: DisqualifyOpportunityInput) -> TransitionSucceeded:
        """We stop."""
        id: UUID = ids.of("Opportunity", input.id)
        return TransitionSucceeded(
            moved=await transitions.disqualify(info.context.acting(), id, input.reason, **_terms(input))
        )


def answers(given: list[AssessmentInput]) -> list[AssessmentGiven]:
    """The answers as an operation takes them."""
    return [
        AssessmentGiven(
            criterion=answer.criterion,
            grade=answer.grade,
            evidence=or_none(answer.evidence),
            evidence_url=or_none(answer.evidence_url),
            said_by_id=ids.maybe_of("Stakeholder", or_none(answer.said_by_id)),
        )
        for answer in given
    ]


def _terms(input: QualifyOpportunityInput | DisqualifyOpportunityInput) -> Any:
    return {"note": or_none(input.note), "dry_run": input.dry_run, "expected_version": or_none(input.expected_version)}
