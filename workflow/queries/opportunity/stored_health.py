"""The health and the insight that are stored with a deal."""

import json
from collections.abc import Mapping
from typing import Any

from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import InsightTopicName, KnowledgeStatus
from workflow.rules.health.health import Health, HealthFactor
from workflow.rules.health.insight import Insight, InsightTopic

STORED_AS_TEXT = frozenset({"health_factors", "closed_insight"})
"""The columns whose JSON a row has as text, because a page reads many rows and uses the content of few."""


def with_json_text(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns of a deal as a row has them."""
    return {
        name: json.dumps(value) if name in STORED_AS_TEXT and value is not None else value
        for name, value in columns.items()
    }


def stored_value(row: OpportunityRow, name: str) -> Any:
    """Return a column of a row as it would be written."""
    value = getattr(row, name)
    return json.loads(value) if name in STORED_AS_TEXT and value is not None else value


def stored_health(row: OpportunityRow) -> Health | None:
    """Return the stored health, by which lists filter and order; None if it was never evaluated."""
    if row.health_factors is None:
        return None
    return Health(tuple(HealthFactor(**factor) for factor in json.loads(row.health_factors)))


def closed_insight(row: OpportunityRow) -> Insight | None:
    """Return the insight that was stored when the deal was closed; None for an open deal."""
    if row.closed_insight is None:
        return None
    return Insight(
        tuple(
            InsightTopic(InsightTopicName(name), KnowledgeStatus(status), summary, tuple(missing))
            for name, status, summary, missing in json.loads(row.closed_insight)
        )
    )
