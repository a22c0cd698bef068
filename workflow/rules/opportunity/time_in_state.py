"""How long a deal has been in its states: each visit, and all of them together."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from workflow.rules.enums import OpportunityState, Trigger
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import StepFacts


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


def state_age(facts: OpportunityFacts, now: datetime) -> timedelta:
    """How long the deal has been in its state, all visits since the last REOPEN together."""
    before = sum(step.seconds for step in _since_reopened(facts) if step.source is facts.state)
    return max(timedelta(0), now - facts.state_since) + timedelta(seconds=before)


def _since_reopened(facts: OpportunityFacts) -> tuple[StepFacts, ...]:
    reopens = [place for place, step in enumerate(facts.steps, 1) if step.trigger is Trigger.REOPEN]
    return facts.steps[reopens[-1] if reopens else 0 :]
