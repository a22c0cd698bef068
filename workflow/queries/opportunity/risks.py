"""The perceived risks of deals with their mitigations, and the risk reviews.

The caller has scoped the deals.
"""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from workflow.models import Mitigation, Risk, RiskReview
from workflow.queries.actors import ACTOR_COLUMNS, actor_of
from workflow.queries.parts import DealParts
from workflow.rules.opportunity.parts import MitigationFacts, RiskFacts, RiskReviewFacts

RISKS = DealParts(RiskFacts, Risk, order="raised_at, id", combine={"mitigations": lambda _: ()}, eager=True)
MITIGATIONS = DealParts(
    MitigationFacts,
    Mitigation,
    order="mitigation.created_at, mitigation.id",
    join="JOIN risk ON risk.id = mitigation.risk_id",
    parent="risk_id",
    deal="risk.opportunity_id",
)
REVIEWS = DealParts(
    RiskReviewFacts,
    RiskReview,
    order="reviewed_at",
    sql={"at": "reviewed_at"},
    combine={"by": actor_of},
    also=ACTOR_COLUMNS,
)


def with_mitigations(
    risks: Mapping[UUID, tuple[RiskFacts, ...]], mitigations: Mapping[UUID, tuple[MitigationFacts, ...]]
) -> dict[UUID, tuple[RiskFacts, ...]]:
    """Return the risks of each deal with their mitigations, which are given by risk."""
    return {
        deal: tuple(replace(risk, mitigations=mitigations.get(risk.id, ())) for risk in risks_of_deal)
        for deal, risks_of_deal in risks.items()
    }
