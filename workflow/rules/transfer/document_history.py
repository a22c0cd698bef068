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
from workflow.rules.gates.machine import TRANSITIONS
from workflow.rules.gates.requirements import Verdict
from workflow.rules.transfer.document_parts import ExportedActor, ExportedMoney


@dataclass(frozen=True, slots=True)
class ExportedTransition:
    """One arrow taken: the gate as it was evaluated, and what the deal weighed then; `lost_to` is a competitor."""

    trigger: Trigger
    from_state: OpportunityState
    to_state: OpportunityState
    at: datetime
    source: TransitionSource
    by: ExportedActor
    requirements: tuple[Verdict, ...]
    seconds_in_previous_state: int
    probability: float
    forecast_category: ForecastCategory
    note: str | None = None
    value: ExportedMoney | None = None
    expected_close_date: date | None = None
    closed_on: date | None = None
    win_reason: WinReason | None = None
    loss_reason: LossReason | None = None
    disqualify_reason: DisqualifyReason | None = None
    lost_to: int | None = None


@dataclass(frozen=True, slots=True)
class ExportedSnapshot:
    """How the deal stood from an instant until the next one; the last is as it stands."""

    since: datetime
    state: OpportunityState
    owner: str
    probability: float
    forecast_category: ForecastCategory
    value: ExportedMoney | None = None
    expected_close_date: date | None = None
    closed_on: date | None = None
    slip_reason: SlipReason | None = None


@dataclass(frozen=True, slots=True)
class ExportedOverride:
    """Requirements that a manager passed on a step of the history."""

    transition: int
    requirement_keys: tuple[str, ...]
    reason: str
    by: ExportedActor
    at: datetime
    expires_at: datetime | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportRowFacts:
    """What the row says of the deal that its parts must lead to."""

    state: OpportunityState
    created_at: datetime
    closed_on: date | None
    now: datetime


_EDGES: Final = {(arrow.trigger, arrow.source, arrow.target) for arrow in TRANSITIONS}


def check_history(history: Sequence[ExportedTransition], row: ImportRowFacts) -> Iterator[FieldProblem]:
    """The arrows lead one after the other from LEAD to the state, none before creation and none after now."""
    state, at = OpportunityState.LEAD, row.created_at
    for number, step in enumerate(history):
        path = ("history", str(number))
        if step.from_state is not state or (step.trigger, step.from_state, step.to_state) not in _EDGES:
            yield document_fault(*path, message=f"is no arrow that leaves {state}")
        if not at <= step.at <= row.now:
            yield document_fault(*path, "at", message="is before the step before it, or in the future")
        state, at = step.to_state, step.at
    if not history:
        return
    if state is not row.state:
        yield document_fault("history", message=f"leads to {state}, and the row is {row.state}")
    elif state in CLOSED_STATES and history[-1].closed_on != row.closed_on:
        yield document_fault("history", message="was closed on another day than `closedOn`")


def check_snapshots(snapshots: Sequence[ExportedSnapshot], row: ImportRowFacts) -> Iterator[FieldProblem]:
    """The standings begin with the deal, each after the one before, and lead to its state."""
    if not snapshots:
        return
    instants = [snapshot.since for snapshot in snapshots]
    if instants[0] != row.created_at:
        yield document_fault("standings", message="does not begin at `createdAt`")
    if any(later <= earlier for earlier, later in pairwise(instants)) or instants[-1] > row.now:
        yield document_fault("standings", message="is not in the order of time, or reaches into the future")
    if snapshots[-1].state is not row.state:
        yield document_fault("standings", message=f"leads to {snapshots[-1].state}, and the row is {row.state}")


def document_fault(*path: str, message: str) -> FieldProblem:
    """What is wrong with the field at a path."""
    names = tuple(camel(name) for name in path)
    return FieldProblem(names, f"`{'.'.join(names)}` {message}.")
