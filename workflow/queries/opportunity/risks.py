"""The perceived risks of deals with their mitigations, and the risk reviews.

The caller has scoped the deals.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from workflow.models import Mitigation, Risk, RiskReview
from workflow.queries.actors import ACTOR_COLUMNS, actor_of
from workflow.queries.grouping import group_by_parent
from workflow.rules.enums import MitigationKind, RiskCategory, RiskStatus
from workflow.rules.opportunity.parts import MitigationFacts, RiskFacts, RiskReviewFacts

_RISK_COLUMNS = (
    "id", "opportunity_id", "category", "statement", "perceived_by_id", "likelihood", "impact", "status",
    "owner_id", "review_due", "raised_at", "closed_at",
)  # fmt: skip
_MITIGATION_COLUMNS = ("id", "risk_id", "kind", "action", "due", "done_at", "evidence")


async def risks(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[RiskFacts, ...]]:
    """Load the risks of each deal in the order they were raised, with their mitigations; two statements."""
    in_organization = {"organization_id": organization_id}
    found = (
        await Risk.filter(**in_organization, opportunity_id__in=list(ids))
        .order_by("raised_at", "id")
        .values(*_RISK_COLUMNS)
    )
    mitigation_rows = Mitigation.filter(**in_organization, risk__opportunity_id__in=list(ids)).order_by(
        "created_at", "id"
    )
    mitigations = group_by_parent(
        await mitigation_rows.values(*_MITIGATION_COLUMNS), _mitigation, by="risk_id"
    )
    return group_by_parent(found, lambda record: _risk(record, mitigations.get(record["id"], ())))


async def risk_reviews(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, RiskReviewFacts]:
    """Load the last risk review of each deal; one statement."""
    found = RiskReview.filter(organization_id=organization_id, opportunity_id__in=list(ids)).order_by(
        "reviewed_at"
    )
    records = await found.values("opportunity_id", "reviewed_at", "none_found", "note", *ACTOR_COLUMNS)
    # Ordered by time: the last review of a deal replaces its earlier ones in the dict.
    return {
        record["opportunity_id"]: RiskReviewFacts(
            record["reviewed_at"], actor_of(record), record["none_found"], record["note"]
        )
        for record in records
    }


def _risk(record: Mapping[str, Any], mitigations: tuple[MitigationFacts, ...]) -> RiskFacts:
    enums = {"category": RiskCategory(record["category"]), "status": RiskStatus(record["status"])}
    return RiskFacts(**{**record, **enums, "mitigations": mitigations})


def _mitigation(record: Mapping[str, Any]) -> MitigationFacts:
    values = {name: value for name, value in record.items() if name != "risk_id"}
    return MitigationFacts(**{**values, "kind": MitigationKind(record["kind"])})
