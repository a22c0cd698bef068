"""How long a deal has been in its states: each visit, and all of them together."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from workflow.rules.enums import OpportunityState, Trigger
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import TransitionFacts


@dataclass(frozen=True, slots=True)
class StateDuration:
    """Seconds in a state; `current_seconds` is the visit that goes on, None where the deal is elsewhere."""

    state: OpportunityState
    current_seconds: int | None
    cumulative_seconds: int
    visits: int


def state_durations(facts: OpportunityFacts, now: datetime) -> tuple[StateDuration, ...]:
    """A clock for each state that the deal has been in, in the order of the states."""
    current = max(0, int((now - facts.state_since).total_seconds()))
    visits = [(step.source, step.seconds) for step in facts.transitions]
    durations: dict[OpportunityState, StateDuration] = {}
    for state, seconds in [*visits, (facts.state, current)]:
        duration = durations.get(state) or StateDuration(state, None, 0, 0)
        durations[state] = replace(
            duration, cumulative_seconds=duration.cumulative_seconds + seconds, visits=duration.visits + 1
        )
    durations[facts.state] = replace(durations[facts.state], current_seconds=current)
    return tuple(durations[state] for state in OpportunityState if state in durations)


def state_age(facts: OpportunityFacts, now: datetime) -> timedelta:
    """How long the deal has been in its state, all visits since the last REOPEN together."""
    before = sum(step.seconds for step in _transitions_since_reopen(facts) if step.source is facts.state)
    return max(timedelta(0), now - facts.state_since) + timedelta(seconds=before)


def _transitions_since_reopen(facts: OpportunityFacts) -> tuple[TransitionFacts, ...]:
    reopens = [place for place, step in enumerate(facts.transitions, 1) if step.trigger is Trigger.REOPEN]
    return facts.transitions[reopens[-1] if reopens else 0 :]
