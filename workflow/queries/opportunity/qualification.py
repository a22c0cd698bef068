"""What is known of each criterion: the assessment that counts, and those before it. The caller has scoped the deals."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from workflow.models import Assessment
from workflow.queries.actors import ACTOR, actor_of
from workflow.rules.enums import Grade
from workflow.rules.opportunity.parts import AssessmentFacts

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
    """The latest answer to each criterion of each deal, with its trail; one statement.

    A deal's own time only rises, so the last is it.
    """
    rows = Assessment.filter(organization_id=organization_id, opportunity_id__in=list(ids)).order_by(
        "assessed_at", "id"
    )
    answers: defaultdict[tuple[UUID, str], list[AssessmentFacts]] = defaultdict(list)
    for record in await rows.values(*_ANSWER):
        answers[record["opportunity_id"], record["criterion"]].insert(0, _assessment(record))
    found: defaultdict[UUID, tuple[AssessmentFacts, ...]] = defaultdict(tuple)
    for (deal, _), (latest, *earlier) in answers.items():
        found[deal] += (replace(latest, trail=tuple(earlier)),)
    return dict(found)


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
