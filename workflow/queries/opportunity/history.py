"""What happened to a deal: its transitions and the time in its states."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Subquery

from workflow.models import Override, Transition
from workflow.queries.actors import ACTOR, actor_of
from workflow.queries.grouping import grouped
from workflow.queries.nested_pages import NestedList
from workflow.queries.paging import Page, Term, Window, page
from workflow.queries.scope import visible
from workflow.queries.union import Record, Together, ordered, plain
from workflow.rules.enums import (
    DisqualifyReason,
    ForecastCategory,
    LossReason,
    OpportunityState,
    TransitionSource,
    Trigger,
    WinReason,
)
from workflow.rules.opportunity.parts import Actor, OverrideFacts, StepFacts
from workflow.rules.permissions import Viewer


@dataclass(frozen=True, slots=True)
class TransitionRow:
    """One arrow taken, as recorded; `requirements` is the gate as it was evaluated then."""

    id: UUID
    opportunity_id: UUID
    sequence: int
    trigger: Trigger
    from_state: OpportunityState
    to_state: OpportunityState
    at: datetime
    actor: Actor
    source: TransitionSource
    note: str | None
    requirements: list[dict[str, Any]]
    process_id: UUID
    seconds_in_previous_state: int
    value_minor: int | None
    value_currency: str | None
    expected_close_date: date | None
    probability: float
    forecast_category: ForecastCategory
    closed_on: date | None
    win_reason: WinReason | None
    loss_reason: LossReason | None
    disqualify_reason: DisqualifyReason | None
    lost_to_id: UUID | None


_COLUMNS = [name for name in TransitionRow.__dataclass_fields__ if name != "actor"] + list(ACTOR)
_ENUMS: dict[str, type] = {
    "trigger": Trigger,
    "from_state": OpportunityState,
    "to_state": OpportunityState,
    "source": TransitionSource,
    "forecast_category": ForecastCategory,
    "win_reason": WinReason,
    "loss_reason": LossReason,
    "disqualify_reason": DisqualifyReason,
}


_OVERRIDE = (
    "id", "transition_id", "transition__trigger", "transition__to_state", "requirement_keys", "reason", "at", "expires_at", "settled_at",
    *ACTOR,
)  # fmt: skip
_ARROW = {name: f"transition__{name}" for name in _COLUMNS}


@dataclass(frozen=True, slots=True)
class Passed:
    """An override, and the arrow that it let through."""

    override: OverrideFacts
    arrow: TransitionRow


async def transitions_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, TransitionRow]:
    """Transitions by id, whoever may see their deal; one statement."""
    found = await Transition.filter(organization_id=viewer.organization_id, id__in=list(ids)).values(*_COLUMNS)
    return {record["id"]: _row(record) for record in found}


async def transitions(viewer: Viewer, window: Window) -> Page[TransitionRow]:
    """Transitions of the visible deals as they were taken, oldest first; one statement."""
    deals = Subquery(visible(viewer).values("id"))
    rows = Transition.filter(organization_id=viewer.organization_id, opportunity_id__in=deals)
    return await page(rows, order=[Term("at"), Term("sequence")], window=window, columns=_COLUMNS, make=_row)


async def open_overrides(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[OverrideFacts, ...]]:
    """The overrides of each deal that are not settled yet, oldest first; one statement. The caller has scoped the deals."""
    rows = Override.filter(organization_id=organization_id, opportunity_id__in=list(ids), settled_at=None)
    return grouped(await rows.order_by("at", "id").values("opportunity_id", *_OVERRIDE), _override)


async def passed(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[Passed, ...]]:
    """All overrides of each deal, oldest first, each with the arrow it let through; one statement. The caller has scoped the deals."""
    rows = Override.filter(organization_id=organization_id, opportunity_id__in=list(ids)).order_by("at", "id")
    return grouped(await rows.values("opportunity_id", *dict.fromkeys((*_OVERRIDE, *_ARROW.values()))), _passed)


def _steps(asked: Together, shown: str, now: datetime) -> None:
    names = ("opportunity_id", "sequence", "trigger", "from_state", "to_state", "at", "seconds_in_previous_state")
    asked.select(plain(Transition, names), shown)


def _stepped(records: Sequence[Record]) -> dict[UUID, tuple[StepFacts, ...]]:
    return grouped(ordered(records, "sequence"), _step)


def _passed(record: Mapping[str, Any]) -> Passed:
    return Passed(_override(record), _row({name: record[path] for name, path in _ARROW.items()}))


def _step(record: Mapping[str, Any]) -> StepFacts:
    return StepFacts(
        trigger=Trigger(record["trigger"]),
        source=OpportunityState(record["from_state"]),
        target=OpportunityState(record["to_state"]),
        at=record["at"],
        seconds=record["seconds_in_previous_state"],
    )


def _override(record: Mapping[str, Any]) -> OverrideFacts:
    return OverrideFacts(
        id=record["id"],
        transition_id=record["transition_id"],
        trigger=Trigger(record["transition__trigger"]),
        target=OpportunityState(record["transition__to_state"]),
        requirement_keys=tuple(record["requirement_keys"]),
        reason=record["reason"],
        by=actor_of(record),
        at=record["at"],
        expires_at=record["expires_at"],
        settled_at=record["settled_at"],
    )


def _row(record: Mapping[str, Any]) -> TransitionRow:
    words = {name: kind(record[name]) for name, kind in _ENUMS.items() if record[name] is not None}
    kept = {name: value for name, value in record.items() if name not in ACTOR}
    return TransitionRow(**{**kept, **words, "actor": actor_of(record)})


HISTORY = NestedList(Transition, (Term("sequence", descending=True),), _COLUMNS, _row, digest=_steps, digested=_stepped)
"""Newest first, ordered by sequence and never by clock. The rules read each arrow that was taken, in order."""
