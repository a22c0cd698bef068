"""The buyer's side of deals: stakeholders and their relations, competitors, decision steps and objectives.

The caller has scoped the deals. Each read is one statement if it does not say otherwise.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from workflow.models import Competitor, DecisionStep, Objective, Stakeholder, StakeholderRelation
from workflow.queries.grouping import group_by_parent
from workflow.rules.enums import (
    Attitude,
    BuyingRole,
    BuyingStyle,
    CompetitorKind,
    CompetitorStanding,
    Influence,
    RelationKind,
)
from workflow.rules.opportunity.parts import (
    CompetitorFacts,
    DecisionStepFacts,
    ObjectiveFacts,
    RelationFacts,
    StakeholderFacts,
)

_STAKEHOLDER_COLUMNS = (
    "id", "opportunity_id", "contact_id", "contact__name", "roles", "influence", "attitude", "buying_style",
    "motivation", "is_primary", "left_at",
)  # fmt: skip
_COMPETITOR_COLUMNS = ("id", "opportunity_id", "kind", "name", "standing", "strengths", "weaknesses")


async def stakeholders(
    organization_id: UUID, ids: Collection[UUID]
) -> dict[UUID, tuple[StakeholderFacts, ...]]:
    """Load the stakeholders of each deal in the order they were added, with their relations.

    Two statements.
    """
    in_organization = {"organization_id": organization_id}
    found = Stakeholder.filter(**in_organization, opportunity_id__in=list(ids)).order_by("created_at", "id")
    people = await found.values(*_STAKEHOLDER_COLUMNS)
    relation_rows = StakeholderRelation.filter(
        **in_organization, stakeholder__opportunity_id__in=list(ids)
    ).order_by("id")
    relations = group_by_parent(
        await relation_rows.values("stakeholder_id", "kind", "to_id"), _relation, by="stakeholder_id"
    )
    return group_by_parent(people, lambda record: _stakeholder(record, relations.get(record["id"], ())))


async def competitors(
    organization_id: UUID, ids: Collection[UUID]
) -> dict[UUID, tuple[CompetitorFacts, ...]]:
    """Load the competitors of each deal in the order they were added."""
    found = Competitor.filter(organization_id=organization_id, opportunity_id__in=list(ids))
    return group_by_parent(await found.order_by("created_at", "id").values(*_COMPETITOR_COLUMNS), _competitor)


async def decision_steps(
    organization_id: UUID, ids: Collection[UUID]
) -> dict[UUID, tuple[DecisionStepFacts, ...]]:
    """Load the buyer's decision steps of each deal in their order."""
    found = DecisionStep.filter(organization_id=organization_id, opportunity_id__in=list(ids)).order_by(
        "position"
    )
    records = await found.values("opportunity_id", "name", "owner_id", "due", "done")
    return group_by_parent(
        records,
        lambda record: DecisionStepFacts(record["name"], record["owner_id"], record["due"], record["done"]),
    )


async def objectives(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[ObjectiveFacts, ...]]:
    """Load the buyer's objectives of each deal in their order."""
    found = Objective.filter(organization_id=organization_id, opportunity_id__in=list(ids)).order_by(
        "position"
    )
    records = await found.values("opportunity_id", "text", "metric", "baseline", "goal", "due")
    return group_by_parent(records, _objective)


def _relation(record: Mapping[str, Any]) -> RelationFacts:
    return RelationFacts(RelationKind(record["kind"]), record["to_id"])


def _stakeholder(record: Mapping[str, Any], relations: tuple[RelationFacts, ...]) -> StakeholderFacts:
    return StakeholderFacts(
        id=record["id"],
        opportunity_id=record["opportunity_id"],
        contact_id=record["contact_id"],
        contact_name=record["contact__name"],
        roles=tuple(BuyingRole(role) for role in record["roles"]),
        influence=Influence(record["influence"]),
        attitude=Attitude(record["attitude"]),
        buying_style=BuyingStyle(record["buying_style"]),
        motivation=record["motivation"],
        is_primary=record["is_primary"],
        left=record["left_at"] is not None,
        relations=relations,
    )


def _competitor(record: Mapping[str, Any]) -> CompetitorFacts:
    enums = {"kind": CompetitorKind(record["kind"]), "standing": CompetitorStanding(record["standing"])}
    return CompetitorFacts(**{**record, **enums})


def _objective(record: Mapping[str, Any]) -> ObjectiveFacts:
    return ObjectiveFacts(record["text"], record["metric"], record["baseline"], record["goal"], record["due"])
