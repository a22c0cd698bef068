"""The assessments of deals by criterion. The caller has scoped the deals."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from workflow.models import Assessment
from workflow.queries.actors import ACTOR_COLUMNS, actor_of
from workflow.rules.enums import Grade
from workflow.rules.opportunity.parts import AssessmentFacts

_ASSESSMENT_COLUMNS = (
    "id",
    "opportunity_id",
    "criterion",
    "grade",
    "evidence",
    "evidence_url",
    "said_by_id",
    "assessed_at",
    *ACTOR_COLUMNS,
)


async def assessments(
    organization_id: UUID, ids: Collection[UUID]
) -> dict[UUID, tuple[AssessmentFacts, ...]]:
    """Load the latest assessment of each criterion of each deal, with the earlier ones as its trail.

    One statement.
    """
    rows = Assessment.filter(organization_id=organization_id, opportunity_id__in=list(ids)).order_by(
        "assessed_at", "id"
    )
    by_criterion: defaultdict[tuple[UUID, str], list[AssessmentFacts]] = defaultdict(list)
    for record in await rows.values(*_ASSESSMENT_COLUMNS):
        by_criterion[record["opportunity_id"], record["criterion"]].insert(0, _assessment(record))
    by_deal: defaultdict[UUID, tuple[AssessmentFacts, ...]] = defaultdict(tuple)
    for (deal, _), (latest, *earlier) in by_criterion.items():
        by_deal[deal] += (replace(latest, trail=tuple(earlier)),)
    return dict(by_deal)


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
