"""Time that a deal has spent in its states."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from workflow.rules.enums import OpportunityState, Trigger
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import TransitionFacts


@dataclass(frozen=True, slots=True)
class StateDuration:
    """Time in one state; `current_seconds` is that of the current visit, None in other states."""

    state: OpportunityState
    current_seconds: int | None
    cumulative_seconds: int
    visits: int


def state_durations(facts: OpportunityFacts, now: datetime) -> tuple[StateDuration, ...]:
    """Return the time in each state that the deal has been in, in the order of the states."""
    # The clock of the process that wrote `state_since` can be ahead.
    current = max(0, int((now - facts.state_since).total_seconds()))
    visits = [(transition.source, transition.seconds) for transition in facts.transitions]
    durations: dict[OpportunityState, StateDuration] = {}
    for state, seconds in [*visits, (facts.state, current)]:
        duration = durations.get(state) or StateDuration(state, None, 0, 0)
        durations[state] = replace(
            duration, cumulative_seconds=duration.cumulative_seconds + seconds, visits=duration.visits + 1
        )
    durations[facts.state] = replace(durations[facts.state], current_seconds=current)
    return tuple(durations[state] for state in OpportunityState if state in durations)


def state_age(facts: OpportunityFacts, now: datetime) -> timedelta:
    """Return the time in the current state, over all visits since the last REOPEN."""
    before = sum(one.seconds for one in _transitions_since_reopen(facts) if one.source is facts.state)
    return max(timedelta(0), now - facts.state_since) + timedelta(seconds=before)


def _transitions_since_reopen(facts: OpportunityFacts) -> tuple[TransitionFacts, ...]:
    reopens = [number for number, one in enumerate(facts.transitions, 1) if one.trigger is Trigger.REOPEN]
    return facts.transitions[reopens[-1] if reopens else 0 :]
