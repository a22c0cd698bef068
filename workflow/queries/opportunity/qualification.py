"""The assessments of deals by criterion. The caller has scoped the deals."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from workflow.models import Assessment
from workflow.queries.actors import ACTOR_COLUMNS, actor_of
from workflow.queries.parts import DealParts
from workflow.rules.opportunity.parts import AssessmentFacts

ASSESSMENTS = DealParts(
    AssessmentFacts,
    Assessment,
    order="assessed_at DESC, id DESC",
    combine={"actor": actor_of, "trail": lambda _: ()},
    also=ACTOR_COLUMNS,
    eager=True,
)


def latest_assessments(newest_first: Collection[AssessmentFacts]) -> tuple[AssessmentFacts, ...]:
    """Return the latest assessment of each criterion, those first that were assessed first."""
    by_criterion: defaultdict[str, list[AssessmentFacts]] = defaultdict(list)
    for assessment in newest_first:
        by_criterion[assessment.criterion].append(assessment)
    first_assessed = sorted(by_criterion.values(), key=lambda found: (found[-1].assessed_at, found[-1].id))
    return tuple(replace(latest, trail=tuple(earlier)) for latest, *earlier in first_assessed)
