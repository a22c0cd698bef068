"""What is stored of a deal's judgement: its health while it is open, and what was known of it when it was closed."""

from collections.abc import Mapping
from datetime import datetime

from workflow.rules.facts import OpportunityFacts
from workflow.rules.health import health
from workflow.rules.insight import insight
from workflow.rules.plain import written
from workflow.rules.process import ProcessDocument
from workflow.rules.states import CLOSED_STATES, OpportunityState


def judged(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> dict[str, object]:
    """The columns of the judgement as the rules give it now; of a closed deal as at its close, with its insight."""
    found = health(process, facts, now)
    seen = written(insight(process, facts, now)) if facts.state in CLOSED_STATES else None
    return {
        "health": found.score,
        "health_factors": [written(factor) for factor in found.factors],
        "closed_insight": seen,
    }


def rejudged(
    before: OpportunityState, process: ProcessDocument, facts: OpportunityFacts, now: datetime
) -> Mapping[str, object]:
    """The columns that a change of the deal makes new; what was closed before stays as it was at its close."""
    stays = before in CLOSED_STATES and facts.state in CLOSED_STATES
    return {} if stays else judged(process, facts, now)
