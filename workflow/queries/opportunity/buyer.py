"""The buyer's side of deals: stakeholders and their relations, competitors, decision steps and objectives.

The caller has scoped the deals. Each read is one statement if it does not say otherwise.
"""

import json
from functools import lru_cache

from workflow.models import Competitor, DecisionStep, Objective, Stakeholder
from workflow.queries.parts import DealParts
from workflow.queries.records import to_id
from workflow.rules.enums import BuyingRole, RelationKind
from workflow.rules.opportunity.parts import (
    CompetitorFacts,
    DecisionStepFacts,
    ObjectiveFacts,
    RelationFacts,
    StakeholderFacts,
)

RELATIONS = {
    "postgres": """(SELECT json_agg(json_build_array(kind, to_id) ORDER BY id)::text FROM stakeholder_relation
        WHERE stakeholder_id = stakeholder.id)""",
    "sqlite": """(SELECT json_group_array(json_array(kind, to_id)) FROM (SELECT kind, to_id
        FROM stakeholder_relation WHERE stakeholder_id = stakeholder.id ORDER BY id))""",
}


_ROLES = {role.value: role for role in BuyingRole}


def _roles(stored: str | list[str]) -> tuple[BuyingRole, ...]:
    return _parse_roles(stored) if isinstance(stored, str) else tuple(map(_ROLES.__getitem__, stored))


@lru_cache(maxsize=1000)
def _parse_roles(stored: str) -> tuple[BuyingRole, ...]:
    return tuple(map(BuyingRole, json.loads(stored)))


def _relations(stored: str | None) -> tuple[RelationFacts, ...]:
    if stored is None:
        return ()
    return tuple(RelationFacts(RelationKind(kind), to_id(id)) for kind, id in json.loads(stored))


STAKEHOLDERS = DealParts(
    StakeholderFacts,
    Stakeholder,
    order="stakeholder.created_at, stakeholder.id",
    sql={"contact_name": "contact.name", "left": "stakeholder.left_at IS NOT NULL", "relations": RELATIONS},
    convert={"roles": _roles, "left": bool, "relations": _relations},
    join="JOIN contact ON contact.id = stakeholder.contact_id",
)
"""The stakeholders of each deal in the order in which they were added, with their relations."""
COMPETITORS = DealParts(CompetitorFacts, Competitor, order="created_at, id")
"""The competitors of each deal in the order in which they were added."""
DECISION_STEPS = DealParts(DecisionStepFacts, DecisionStep, order='"position"')
"""The buyer's decision steps in their order."""
OBJECTIVES = DealParts(ObjectiveFacts, Objective, order='"position"', sql={"target": "goal"})
"""The buyer's objectives in their order."""
