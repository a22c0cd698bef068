"""The mutation that assesses criteria."""

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


@strawberry.input(description="An assessment of one criterion.")
class AssessmentInput:
    criterion: str = described("The key of the criterion in the opportunity's process, such as `pain`.")
    grade: Grade = described("The grade. VALIDATED and CONFIRMED require evidence.")
    evidence: str | None = optional(
        "The words that support the grade, such as what the buyer said. Refused if they say "
        'nothing, such as "n/a" or "tbd".'
    )
    evidence_url: str | None = optional("A link to the source. It does not replace the evidence.")
    said_by_id: strawberry.ID | None = optional("The stakeholder who said it.")


@strawberry.input(description="Assessments of one opportunity. All are recorded, or none.")
class AssessCriteriaInput:
    opportunity_id: strawberry.ID = described("The opportunity.")
    expected_version: int | None = optional(
        "The version that you read. If the opportunity has changed since, the answer is a "
        "VersionConflict. Left out: no check."
    )
    assessments: list[AssessmentInput] = described("The assessments, at most one for each criterion.")
    pain_since: date | None = optional("The day since which the buyer has had the problem.")


@strawberry.type
class AssessmentMutation:
    @strawberry.mutation(
        graphql_type=OpportunityResult,
        description="Record assessments of criteria. The latest assessment of a criterion counts; "
        "earlier ones stay in its trail. Refused if evidence is missing or says nothing, or "
        "if the opportunity is closed.",
    )
    async def assess_criteria(self, info: Info, input: AssessCriteriaInput) -> OpportunityChanged:
        id = ids.parse("Opportunity", input.opportunity_id)
        since = or_none(input.pain_since)
        version = or_none(input.expected_version)
        await assessing.assess_criteria(
            info.context.operation_context(),
            id,
            parse_assessments(input.assessments),
            pain_since=since,
            expected_version=version,
        )
        return OpportunityChanged(key=id)


def parse_assessments(inputs: list[AssessmentInput]) -> list[NewAssessment]:
    """Convert the inputs for an operation."""
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
