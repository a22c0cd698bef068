"""Phrases that the messages of gates, health, insight and alerts share, so that they agree about one deal."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from workflow.rules.enums import BuyingRole
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.time_in_state import state_age
from workflow.rules.process.document import Criterion

DAY = timedelta(days=1)


def buyer_contact_gap(facts: OpportunityFacts, now: datetime) -> str:
    """Return how long the buyer has been silent, as a clause without a full stop."""
    last = facts.activity.last_two_way_at
    if last is None:
        return "No two-way contact with the buyer yet"
    return f"No two-way contact with the buyer for {span_in_days(now - last)}"


def time_in_state(facts: OpportunityFacts, expected_days: int, now: datetime) -> str:
    """Return the time in the current state and the expected one, as a clause without a full stop."""
    spent = span_in_days(state_age(facts, now))
    return f"{facts.state.label.capitalize()} for {spent}; the process expects {days(expected_days)}"


def close_date_pushes(facts: OpportunityFacts) -> str:
    """Return how often the expected close date was pushed, as a clause without a full stop."""
    return f"The expected close date has been pushed {times(facts.push_count)}"


def stale_assessment(criterion: Criterion) -> str:
    """Return the sentence about an assessment that is too old to count."""
    label = quote([criterion.label])
    return (
        f"The assessment of {label} is more than {criterion.stale_after_days} days old. Ask the buyer again."
    )


def span_in_days(span: timedelta) -> str:
    """Return the whole days of a span: `14 days`."""
    return days(max(timedelta(0), span) // DAY)


def days(count: int) -> str:
    """Return a number of whole days: `less than a day`, `1 day`, `14 days`."""
    return {0: "less than a day", 1: "1 day"}.get(count, f"{count} days")


def times(count: int) -> str:
    """Return how often: `once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def quote(texts: Collection[str]) -> str:
    """Return texts that people wrote in quotes: `“Call them”, “Show it”`."""
    return ", ".join(f"“{text}”" for text in texts)


def either(words: Sequence[str]) -> str:
    """Return alternatives: `economic buyer, decision maker or approver`."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def roles(any_of: Sequence[BuyingRole]) -> str:
    """Return roles as alternatives."""
    return either([role.label for role in any_of])
