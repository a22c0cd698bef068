"""How a deal stands when it is judged: as it is while it is open, as at its close ever after."""

from dataclasses import replace
from datetime import datetime, timedelta

from workflow.rules.facts import OpportunityFacts
from workflow.rules.process import ProcessDocument
from workflow.rules.requirements import Case
from workflow.rules.states import CLOSED_STATES


def standing(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> Case:
    """What health and insight judge by."""
    if facts.state not in CLOSED_STATES:
        return Case(facts, process, now)
    then, at = as_at_close(facts)
    return Case(then, process, at)


def as_at_close(facts: OpportunityFacts) -> tuple[OpportunityFacts, datetime]:
    """A closed deal in the state that it was closed from, and the moment at which it left that."""
    if not facts.steps:
        return facts, facts.state_since
    *earlier, last = facts.steps
    entered = earlier[-1].at if earlier else last.at - timedelta(seconds=last.seconds)
    return replace(facts, state=last.source, state_since=entered, steps=tuple(earlier)), last.at
