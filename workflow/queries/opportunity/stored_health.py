"""The health and the insight that are stored with a deal."""

import json

from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import InsightTopicName, KnowledgeStatus
from workflow.rules.health.health import Health, HealthFactor
from workflow.rules.health.insight import Insight, InsightTopic


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
