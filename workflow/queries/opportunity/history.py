"""The history of deals: transitions and overrides."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Subquery

from workflow.models import Override, Transition
from workflow.models.engine.database import Record, read
from workflow.queries.actors import ACTOR_COLUMNS, actor_of
from workflow.queries.grouping import group_by_parent
from workflow.queries.nested_pages import NestedList
from workflow.queries.paging import Page, Term, Window, page
from workflow.queries.parts import DealParts
from workflow.queries.records import converted_record, in_list, list_value, parse_json
from workflow.queries.scope import visible
from workflow.rules.enums import (
    DisqualifyReason,
    ForecastCategory,
    LossReason,
    OpportunityState,
    TransitionSource,
    Trigger,
    WinReason,
)
from workflow.rules.opportunity.parts import Actor, OverrideFacts, TransitionFacts
from workflow.rules.permissions import Viewer


@dataclass(frozen=True, slots=True)
class TransitionRow:
    """A transition as recorded; `requirements` is the gate as it was evaluated then."""

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


_TRANSITION_COLUMNS = [name for name in TransitionRow.__dataclass_fields__ if name != "actor"] + list(
    ACTOR_COLUMNS
)
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


_OVERRIDE_COLUMNS = (
    "id", "transition_id", "transition__trigger", "transition__to_state", "requirement_keys", "reason", "at",
    "expires_at", "settled_at", *ACTOR_COLUMNS,
)  # fmt: skip
_JOINED_TRANSITION_COLUMNS = {name: f"transition__{name}" for name in _TRANSITION_COLUMNS}


@dataclass(frozen=True, slots=True)
class OverriddenTransition:
    """An override, and the transition that it allowed."""

    override: OverrideFacts
    transition: TransitionRow


async def transitions_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, TransitionRow]:
    """Return the transitions with these ids, without regard to visibility; one statement."""
    found = await Transition.filter(organization_id=viewer.organization_id, id__in=list(ids)).values(
        *_TRANSITION_COLUMNS
    )
    return {record["id"]: _row(record) for record in found}


async def transitions(viewer: Viewer, window: Window) -> Page[TransitionRow]:
    """Return a page of the transitions of all visible deals, oldest first; one statement."""
    deals = Subquery(visible(viewer).values("id"))
    rows = Transition.filter(organization_id=viewer.organization_id, opportunity_id__in=deals)
    return await page(
        lambda: rows,
        table=Transition,
        order=[Term("at"), Term("sequence")],
        window=window,
        columns=_TRANSITION_COLUMNS,
        make=_row,
    )


OPEN_OVERRIDES = DealParts(
    OverrideFacts,
    Override,
    order='"override".at, "override".id',
    sql={"trigger": '"transition".trigger', "target": '"transition".to_state'},
    convert={"requirement_keys": lambda stored: tuple(parse_json(stored))},
    combine={"by": actor_of},
    also=ACTOR_COLUMNS,
    join='JOIN "transition" ON "transition".id = "override".transition_id',
    where=' AND "override".settled_at IS NULL',
)
"""The open overrides of each deal, oldest first."""
TRANSITIONS = DealParts(
    TransitionFacts,
    Transition,
    order='"transition".sequence',
    sql={
        "source": '"transition".from_state',
        "target": '"transition".to_state',
        "seconds": '"transition".seconds_in_previous_state',
    },
    eager=True,
)
"""The transitions of each deal, oldest first."""


async def overridden_transitions(
    organization_id: UUID, ids: Collection[UUID]
) -> dict[UUID, tuple[OverriddenTransition, ...]]:
    """Load all overrides of each deal with their transitions, oldest first; one statement.

    The caller has scoped the deals.
    """
    sql = f"{_OVERRIDDEN} AND {_IN_DEALS} {in_list('$2')} {_OLDEST_FIRST}"
    records = await read(sql, organization_id, list_value(ids))
    return group_by_parent(map(_joined_record, records), _overridden_transition)


_OWN_COLUMNS = ("opportunity_id", *(name for name in _OVERRIDE_COLUMNS if "__" not in name))
_SELECTED = [f'"override"."{name}"' for name in _OWN_COLUMNS] + [
    f'"transition"."{name}" AS "{path}"' for name, path in _JOINED_TRANSITION_COLUMNS.items()
]
_OVERRIDDEN = (
    f'SELECT {", ".join(_SELECTED)} FROM "override" '
    'JOIN "transition" ON "transition".id = "override".transition_id WHERE "override".organization_id = $1'
)
_IN_DEALS = '"override".opportunity_id'
_OLDEST_FIRST = 'ORDER BY "override".at, "override".id'


def _joined_record(record: Record) -> dict[str, Any]:
    """Return the values of an override and of its transition, those of the transition by their paths."""
    transition = {name: record[path] for name, path in _JOINED_TRANSITION_COLUMNS.items()}
    converted = converted_record(Transition, _TRANSITION_COLUMNS, transition)
    return {
        **converted_record(Override, _OWN_COLUMNS, record),
        **{path: converted[name] for name, path in _JOINED_TRANSITION_COLUMNS.items()},
    }


def _overridden_transition(record: Mapping[str, Any]) -> OverriddenTransition:
    return OverriddenTransition(
        _override(record), _row({name: record[path] for name, path in _JOINED_TRANSITION_COLUMNS.items()})
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
    enums = {name: kind(record[name]) for name, kind in _ENUMS.items() if record[name] is not None}
    values = {name: value for name, value in record.items() if name not in ACTOR_COLUMNS}
    return TransitionRow(**{**values, **enums, "actor": actor_of(record)})


HISTORY = NestedList(
    Transition,
    (Term("sequence", descending=True),),
    _TRANSITION_COLUMNS,
    _row,
)
"""The transitions of deals, newest first.

They are ordered by sequence, because an import can write several at one instant.
"""
