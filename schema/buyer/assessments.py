"""Recording what is known of criteria."""

from datetime import date

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import optional, or_none
from schema.core.nodes import described
from schema.opportunity.mutations import OpportunityChanged, OpportunityResult
from workflow.operations.buyer import assessments as assessing
from workflow.operations.buyer.assessments import NewAssessment
from workflow.rules.enums import Grade


@strawberry.input(description="One answer to one criterion.")
class AssessmentInput:
    criterion: str = described("The criterion's key in the opportunity's process, e.g. `pain`.")
    grade: Grade = described("How well it is known. VALIDATED and CONFIRMED need evidence.")
    evidence: str | None = optional("What shows it, in words that say something.")
    evidence_url: str | None = optional("Where it can be read; does not replace the evidence.")
    said_by_id: strawberry.ID | None = optional("The stakeholder who said it.")


@strawberry.input(description="Answers to criteria: all are recorded, or none.")
class AssessCriteriaInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    expected_version: int | None = optional("The version that was read.")
    assessments: list[AssessmentInput] = described("Each criterion at most once.")
    pain_since: date | None = optional("Since when the buyer has lived with the pain.")


@strawberry.type
class AssessmentMutation:
    @strawberry.mutation(
        graphql_type=OpportunityResult, description="Record what is known of criteria; append-only, the latest counts."
    )
    async def assess_criteria(self, info: Info, input: AssessCriteriaInput) -> OpportunityChanged:
        id = ids.parse("Opportunity", input.opportunity_id)
        since, version = or_none(input.pain_since), or_none(input.expected_version)
        await assessing.assess_criteria(
            info.context.operation_context(),
            id,
            parse_assessments(input.assessments),
            pain_since=since,
            expected_version=version,
        )
        return OpportunityChanged(key=id)


def parse_assessments(inputs: list[AssessmentInput]) -> list[NewAssessment]:
    """The answers as an operation takes them."""
    return [
        NewAssessment(
            criterion=assessment.criterion,
            grade=assessment.grade,
            evidence=or_none(assessment.evidence),
            evidence_url=or_none(assessment.evidence_url),
            said_by_id=ids.parse_optional("Stakeholder", or_none(assessment.said_by_id)),
        )
        for assessment in inputs
    ]
