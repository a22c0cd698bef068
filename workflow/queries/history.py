"""What happened to a deal: its transitions and the time in its states."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from workflow.models import Transition
from workflow.queries.actors import ACTOR, actor_of
from workflow.queries.paging import Page, Term, Window, page
from workflow.rules.facts import Actor
from workflow.rules.permissions import Viewer
from workflow.rules.states import (
    DisqualifyReason,
    ForecastCategory,
    LossReason,
    OpportunityState,
    TransitionSource,
    Trigger,
    WinReason,
)


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


async def history(viewer: Viewer, opportunity_id: UUID, window: Window) -> Page[TransitionRow]:
    """Newest first, ordered by sequence and never by clock; one statement."""
    rows = Transition.filter(organization_id=viewer.organization_id, opportunity_id=opportunity_id)
    return await page(rows, order=[Term("sequence", descending=True)], window=window, columns=_COLUMNS, make=_row)


async def count_history(viewer: Viewer, opportunity_id: UUID) -> int:
    """How many arrows the deal has taken; one statement."""
    return await Transition.filter(organization_id=viewer.organization_id, opportunity_id=opportunity_id).count()


async def transitions_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, TransitionRow]:
    """Transitions by id, whoever may see their deal; one statement."""
    found = await Transition.filter(organization_id=viewer.organization_id, id__in=list(ids)).values(*_COLUMNS)
    return {record["id"]: _row(record) for record in found}


@dataclass(frozen=True, slots=True)
class Visit:
    """A state that was left, and how long it had lasted in seconds."""

    state: OpportunityState
    seconds: int


async def visits(viewer: Viewer, opportunity_ids: Collection[UUID]) -> dict[UUID, list[Visit]]:
    """The past visits to states of each deal in order; one statement."""
    rows = Transition.filter(organization_id=viewer.organization_id, opportunity_id__in=list(opportunity_ids)).order_by(
        "sequence"
    )
    grouped: dict[UUID, list[Visit]] = {id: [] for id in opportunity_ids}
    for record in await rows.values("opportunity_id", "from_state", "seconds_in_previous_state"):
        grouped[record["opportunity_id"]].append(
            Visit(OpportunityState(record["from_state"]), record["seconds_in_previous_state"])
        )
    return grouped


def _row(record: Mapping[str, Any]) -> TransitionRow:
    words = {name: kind(record[name]) for name, kind in _ENUMS.items() if record[name] is not None}
    kept = {name: value for name, value in record.items() if name not in ACTOR}
    return TransitionRow(**{**kept, **words, "actor": actor_of(record)})
