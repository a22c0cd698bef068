"""The judgement that was stored with a deal, read back as the rules gave it."""

from workflow.queries.opportunities import OpportunityRow
from workflow.rules.health import Health, HealthFactor
from workflow.rules.insight import Insight
from workflow.rules.plain import read


def stored_health(row: OpportunityRow) -> Health | None:
    """The health that lists filter and order by, None for a row that nothing has judged yet."""
    if row.health_factors is None:
        return None
    return Health(tuple(read(HealthFactor, factor) for factor in row.health_factors))


def closed_insight(row: OpportunityRow) -> Insight | None:
    """What was known of the deal when it was closed, None while it is open."""
    return None if row.closed_insight is None else read(Insight, row.closed_insight)
