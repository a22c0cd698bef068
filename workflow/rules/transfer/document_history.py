"""What happened to a whole deal, as an export tells it and an import takes it, and whether it leads to how the deal stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Final

from workflow.rules.codec import camel
from workflow.rules.enums import (
    CLOSED_STATES,
    DisqualifyReason,
    ForecastCategory,
    LossReason,
    OpportunityState,
    SlipReason,
    TransitionSource,
    Trigger,
    WinReason,
)
from workflow.rules.errors import FieldProblem
from workflow.rules.gates.machine import TABLE
from workflow.rules.gates.requirements import Verdict
from workflow.rules.transfer.document_parts import By, Worth


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow taken: the gate as it was evaluated, and what the deal weighed then; `lost_to` is a competitor."""

    trigger: Trigger
    from_state: OpportunityState
    to_state: OpportunityState
    at: datetime
    source: TransitionSource
    by: By
    requirements: tuple[Verdict, ...]
    seconds_in_previous_state: int
    probability: float
    forecast_category: ForecastCategory
    note: str | None = None
    value: Worth | None = None
    expected_close_date: date | None = None
    closed_on: date | None = None
    win_reason: WinReason | None = None
    loss_reason: LossReason | None = None
    disqualify_reason: DisqualifyReason | None = None
    lost_to: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the deal stood from an instant until the next one; the last is as it stands."""

    since: datetime
    state: OpportunityState
    owner: str
    probability: float
    forecast_category: ForecastCategory
    value: Worth | None = None
    expected_close_date: date | None = None
    closed_on: date | None = None
    slip_reason: SlipReason | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """Requirements that a manager passed on a step of the history."""

    transition: int
    requirement_keys: tuple[str, ...]
    reason: str
    by: By
    at: datetime
    expires_at: datetime | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What the row says of the deal that its parts must lead to."""

    state: OpportunityState
    created_at: datetime
    closed_on: date | None
    now: datetime


_ARROWS: Final = {(arrow.trigger, arrow.source, arrow.target) for arrow in TABLE}


def leads(history: Sequence[Step], frame: Frame) -> Iterator[FieldProblem]:
    """The arrows lead one after the other from LEAD to the state, none before creation and none after now."""
    state, at = OpportunityState.LEAD, frame.created_at
    for number, step in enumerate(history):
        where = ("history", str(number))
        if step.from_state is not state or (step.trigger, step.from_state, step.to_state) not in _ARROWS:
            yield fault(*where, message=f"is no arrow that leaves {state}")
        if not at <= step.at <= frame.now:
            yield fault(*where, "at", message="is before the step before it, or in the future")
        state, at = step.to_state, step.at
    if not history:
        return
    if state is not frame.state:
        yield fault("history", message=f"leads to {state}, and the row is {frame.state}")
    elif state in CLOSED_STATES and history[-1].closed_on != frame.closed_on:
        yield fault("history", message="was closed on another day than `closedOn`")


def stands(standings: Sequence[Standing], frame: Frame) -> Iterator[FieldProblem]:
    """The standings begin with the deal, each after the one before, and lead to its state."""
    if not standings:
        return
    instants = [standing.since for standing in standings]
    if instants[0] != frame.created_at:
        yield fault("standings", message="does not begin at `createdAt`")
    if any(later <= earlier for earlier, later in pairwise(instants)) or instants[-1] > frame.now:
        yield fault("standings", message="is not in the order of time, or reaches into the future")
    if standings[-1].state is not frame.state:
        yield fault("standings", message=f"leads to {standings[-1].state}, and the row is {frame.state}")


def fault(*path: str, message: str) -> FieldProblem:
    """What is wrong with the field at a path."""
    told = tuple(camel(name) for name in path)
    return FieldProblem(told, f"`{'.'.join(told)}` {message}.")
