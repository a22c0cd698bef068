"""Columns that store the health of a deal, and the insight at its close."""

from collections.abc import Mapping
from datetime import datetime

from workflow.rules.enums import CLOSED_STATES, OpportunityState
from workflow.rules.health.at_close import facts_at_close
from workflow.rules.health.health import HealthFactor, evaluate_health
from workflow.rules.health.insight import evaluate_insight
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import ProcessDocument

FACTOR_FIELDS = tuple(HealthFactor.__dataclass_fields__)


def evaluation_columns(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> dict[str, object]:
    """Return the columns at an instant; for a closed deal those of its close, with its insight."""
    is_closed = facts.state in CLOSED_STATES
    evaluated_facts, at = facts_at_close(facts) if is_closed else (facts, now)
    health = evaluate_health(process, evaluated_facts, at)
    return {
        "health": health.score,
        "health_factors": [
            {name: getattr(factor, name) for name in FACTOR_FIELDS} for factor in health.factors
        ],
        "closed_insight": _closed_insight(process, evaluated_facts, at) if is_closed else None,
    }


def evaluation_changes(
    before: OpportunityState, process: ProcessDocument, facts: OpportunityFacts, now: datetime
) -> Mapping[str, object]:
    """Return the columns to update after a change of the deal; none if it was closed already."""
    # Corrections after the close do not change what the deal looked like when it closed.
    stays_closed = before in CLOSED_STATES and facts.state in CLOSED_STATES
    return {} if stays_closed else evaluation_columns(process, facts, now)


def _closed_insight(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> list[list[object]]:
    topics = evaluate_insight(process, facts, now).topics
    return [[topic.topic, topic.status, topic.summary, list(topic.missing)] for topic in topics]
