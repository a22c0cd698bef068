"""The judgement that was stored with a deal, read back as the rules gave it."""

import json

from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import InsightTopicName, KnowledgeStatus
from workflow.rules.health.health import Health, HealthFactor
from workflow.rules.health.insight import Insight, InsightTopic


def stored_health(row: OpportunityRow) -> Health | None:
    """The health that lists filter and order by, None for a row that nothing has judged yet."""
    if row.health_factors is None:
        return None
    return Health(tuple(HealthFactor(**factor) for factor in json.loads(row.health_factors)))


def closed_insight(row: OpportunityRow) -> Insight | None:
    """What was known of the deal when it was closed, None while it is open."""
    if row.closed_insight is None:
        return None
    return Insight(
        tuple(
            InsightTopic(InsightTopicName(name), KnowledgeStatus(status), summary, tuple(missing))
            for name, status, summary, missing in json.loads(row.closed_insight)
        )
    )
