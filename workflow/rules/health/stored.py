"""What is stored of a deal's judgement: its health while it is open, and what was known of it when it was closed."""

from collections.abc import Mapping
from datetime import datetime

from workflow.rules.enums import CLOSED_STATES, OpportunityState
from workflow.rules.health.at_close import as_at_close
from workflow.rules.health.health import HealthFactor, health
from workflow.rules.health.insight import insight
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import ProcessDocument

FACTOR = tuple(HealthFactor.__dataclass_fields__)


def judged(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> dict[str, object]:
    """The columns of the judgement as the rules give it now; of a closed deal as at its close, with its insight."""
    is_closed = facts.state in CLOSED_STATES
    then, at = as_at_close(facts) if is_closed else (facts, now)
    found = health(process, then, at)
    return {
        "health": found.score,
        "health_factors": [{name: getattr(factor, name) for name in FACTOR} for factor in found.factors],
        "closed_insight": _seen(process, then, at) if is_closed else None,
    }


def rejudged(
    before: OpportunityState, process: ProcessDocument, facts: OpportunityFacts, now: datetime
) -> Mapping[str, object]:
    """The columns that a change of the deal makes new; what was closed before stays as it was at its close."""
    stays = before in CLOSED_STATES and facts.state in CLOSED_STATES
    return {} if stays else judged(process, facts, now)


def _seen(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> list[list[object]]:
    topics = insight(process, facts, now).topics
    return [[topic.topic, topic.status, topic.summary, list(topic.missing)] for topic in topics]
