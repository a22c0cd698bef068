"""Recording what is known of criteria."""

from datetime import date

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import maybe, or_none
from schema.core.nodes import told
from schema.opportunity.mutations import OpportunityChanged, OpportunityResult
from workflow.operations.buyer import assessments as assessing
from workflow.operations.buyer.assessments import AssessmentGiven
from workflow.rules.enums import Grade


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


@strawberry.type
class AssessmentMutation:
    """How a deal is assessed."""

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
