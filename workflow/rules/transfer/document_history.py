"""Transitions, snapshots and overrides of an opportunity document, and the checks of their order."""

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
class ExportedClose:
    """The close that a transition made; `competitor` is the position of a competitor."""

    closed_on: date
    win_reason: WinReason | None = None
    loss_reason: LossReason | None = None
    disqualify_reason: DisqualifyReason | None = None
    competitor: int | None = None


@dataclass(frozen=True, slots=True)
class ExportedTransition:
    """A recorded transition, with its gate as evaluated and the forecast values of the deal at that time."""

    trigger: Trigger
    from_: OpportunityState
    to: OpportunityState
    at: datetime
    source: TransitionSource
    actor: ExportedActor
    requirements: tuple[Verdict, ...]
    seconds_in_previous_state: int
    probability: float
    forecast_category: ForecastCategory
    note: str | None = None
    value: ExportedMoney | None = None
    expected_close_date: date | None = None
    close: ExportedClose | None = None


@dataclass(frozen=True, slots=True)
class ExportedSnapshot:
    """The reported values of a deal from one instant until the next snapshot; the last one is current."""

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
    """Requirements that a manager or an admin overrode; `transition` is a position in the history."""

    transition: int
    requirement_keys: tuple[str, ...]
    reason: str
    by: ExportedActor
    at: datetime
    expires_at: datetime | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportRowFacts:
    """The values of the row that the parts of its document must agree with."""

    state: OpportunityState
    created_at: datetime
    closed_on: date | None
    now: datetime


_EDGES: Final = {(rule.trigger, rule.source, rule.target) for rule in TRANSITIONS}


def check_history(history: Sequence[ExportedTransition], row: ImportRowFacts) -> Iterator[FieldProblem]:
    """Yield a fault unless the transitions lead in order of time from LEAD to the row's state."""
    state = OpportunityState.LEAD
    at = row.created_at
    for number, step in enumerate(history):
        path = ("history", str(number))
        if step.from_ is not state or (step.trigger, step.from_, step.to) not in _EDGES:
            yield document_fault(*path, message=f"is not a transition that leaves {state}")
        if not at <= step.at <= row.now:
            yield document_fault(*path, "at", message="is before the previous transition or in the future")
        state = step.to
        at = step.at
    if history:
        yield from _check_end(history[-1], row)


def _check_end(last: ExportedTransition, row: ImportRowFacts) -> Iterator[FieldProblem]:
    if last.to is not row.state:
        yield document_fault("history", message=f"leads to {last.to}, but `state` is {row.state}")
    elif last.to in CLOSED_STATES and (last.close is None or last.close.closed_on != row.closed_on):
        yield document_fault("history", message="ends with a close on a day other than `closedOn`")


def check_snapshots(snapshots: Sequence[ExportedSnapshot], row: ImportRowFacts) -> Iterator[FieldProblem]:
    """Yield a fault unless the snapshots lead in order of time from the creation to the row's state."""
    if not snapshots:
        return
    instants = [snapshot.since for snapshot in snapshots]
    if instants[0] != row.created_at:
        yield document_fault("snapshots", message="does not begin at `createdAt`")
    if any(later <= earlier for earlier, later in pairwise(instants)) or instants[-1] > row.now:
        yield document_fault("snapshots", message="is not in the order of time, or reaches into the future")
    if snapshots[-1].state is not row.state:
        yield document_fault(
            "snapshots", message=f"leads to {snapshots[-1].state}, but `state` is {row.state}"
        )


def document_fault(*path: str, message: str) -> FieldProblem:
    """Return the problem of the field at a path; the message continues the field's name."""
    names = tuple(camel(name) for name in path)
    return FieldProblem(names, f"`{'.'.join(names)}` {message}.")
