"""What is stored of a deal's judgement: its health while it is open, and what was known of it when it was closed."""

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
    """The columns of the judgement as the rules give it now; of a closed deal as at its close, with its insight."""
    is_closed = facts.state in CLOSED_STATES
    then, at = facts_at_close(facts) if is_closed else (facts, now)
    found = evaluate_health(process, then, at)
    return {
        "health": found.score,
        "health_factors": [{name: getattr(factor, name) for name in FACTOR_FIELDS} for factor in found.factors],
        "closed_insight": _closed_insight(process, then, at) if is_closed else None,
    }


def evaluation_changes(
    before: OpportunityState, process: ProcessDocument, facts: OpportunityFacts, now: datetime
) -> Mapping[str, object]:
    """The columns that a change of the deal makes new; what was closed before stays as it was at its close."""
    stays = before in CLOSED_STATES and facts.state in CLOSED_STATES
    return {} if stays else evaluation_columns(process, facts, now)


def _closed_insight(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> list[list[object]]:
    topics = evaluate_insight(process, facts, now).topics
    return [[topic.topic, topic.status, topic.summary, list(topic.missing)] for topic in topics]
