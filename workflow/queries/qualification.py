"""What is known of each criterion: the assessment that counts. The caller has scoped the deals."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from workflow.models import Assessment
from workflow.queries.actors import ACTOR, actor_of
from workflow.queries.grouping import grouped
from workflow.rules.parts import AssessmentFacts
from workflow.rules.states import Grade

_ANSWER = (
    "id",
    "opportunity_id",
    "criterion",
    "grade",
    "evidence",
    "evidence_url",
    "said_by_id",
    "assessed_at",
    *ACTOR,
)


async def assessments(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[AssessmentFacts, ...]]:
    """The latest answer to each criterion of each deal; one statement. A deal's own time only rises, so the last is it."""
    rows = Assessment.filter(organization_id=organization_id, opportunity_id__in=list(ids)).order_by(
        "assessed_at", "id"
    )
    latest = {(record["opportunity_id"], record["criterion"]): record for record in await rows.values(*_ANSWER)}
    return grouped(latest.values(), _assessment)


def _assessment(record: Mapping[str, Any]) -> AssessmentFacts:
    return AssessmentFacts(
        id=record["id"],
        criterion=record["criterion"],
        grade=Grade(record["grade"]),
        evidence=record["evidence"],
        evidence_url=record["evidence_url"],
        said_by_id=record["said_by_id"],
        assessed_at=record["assessed_at"],
        actor=actor_of(record),
    )
