"""How long a deal has been in its states: each visit, and all of them together."""

from dataclasses import dataclass, replace
from datetime import datetime

from workflow.rules.facts import OpportunityFacts
from workflow.rules.states import OpportunityState


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds in a state; `current_seconds` is the visit that goes on, None where the deal is elsewhere."""

    state: OpportunityState
    current_seconds: int | None
    cumulative_seconds: int
    visits: int


def clocks(facts: OpportunityFacts, now: datetime) -> tuple[Clock, ...]:
    """A clock for each state that the deal has been in, in the order of the states."""
    current = max(0, int((now - facts.state_since).total_seconds()))
    past = [(step.source, step.seconds) for step in facts.steps]
    found: dict[OpportunityState, Clock] = {}
    for state, seconds in [*past, (facts.state, current)]:
        clock = found.get(state) or Clock(state, None, 0, 0)
        found[state] = replace(clock, cumulative_seconds=clock.cumulative_seconds + seconds, visits=clock.visits + 1)
    found[facts.state] = replace(found[facts.state], current_seconds=current)
    return tuple(found[state] for state in OpportunityState if state in found)
