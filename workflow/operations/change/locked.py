"""A locked deal, and what a verb records on it: columns, rows of its parts, and events.

Nothing is written while a verb runs, so that a refusal has nothing to undo, and the changes of many deals are
written together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from tortoise.models import Model

from workflow.models.columns import new_id
from workflow.operations.change.part_writes import PartWrites
from workflow.operations.core.context import Ctx
from workflow.queries.opportunity.facts import with_row
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.opportunity.stored_health import stored_value, with_json_text
from workflow.rules.enums import CLOSED_STATES
from workflow.rules.errors import NotFoundError, PermissionDeniedError, RecordClosedError
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.permissions import Ownership, write_forbidden_reason
from workflow.rules.process.document import ProcessDocument

Columns = Mapping[str, Any]
"""Columns of a row, with values of several kinds."""


@dataclass(slots=True)
class LockedOpportunity:
    """A locked deal while a verb changes it: its row, facts and unresolved alerts, and what is recorded.

    `row` stays as it was. `facts` do too, until `see_changes` or `set_part`.
    """

    ctx: Ctx
    row: OpportunityRow
    facts: OpportunityFacts
    process: ProcessDocument
    ownership: Ownership
    alerts: list[dict[str, Any]] = field(default_factory=list)
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    columns: dict[str, Any] = field(default_factory=dict)
    parts: PartWrites = field(default_factory=PartWrites)
    changed_alerts: dict[UUID, set[str]] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        """The deal's id."""
        return self.row.id

    @property
    def organization_id(self) -> UUID:
        """The id of the organization that every row of the deal belongs to."""
        return self.row.organization_id

    def emit(self, event: str, **payload: object) -> None:
        """Add an event of this change. A verb that emits none has changed nothing."""
        self.events.append((event, payload))

    def write(self, **columns: object) -> None:
        """Record columns of the deal's own row."""
        self.columns.update(columns)

    def insert(self, table: type[Model], **columns: object) -> UUID:
        """Record a new row of a part. Return its id."""
        id = new_id()
        ids = {"id": id, "organization_id": self.organization_id, "opportunity_id": self.id}
        known = table._meta.fields_map
        self.parts.insert(table, {**{name: ids[name] for name in ids if name in known}, **columns})
        return id

    def update(self, table: type[Model], id: UUID, **columns: object) -> None:
        """Record a change of a part's row."""
        self.parts.update(table, {"id": id, **columns})

    def delete(self, table: type[Model], **ids: UUID) -> None:
        """Record the deletion of a part's rows that have these ids."""
        self.parts.delete(table, ids)

    def update_alert(self, alert: dict[str, Any], columns: Columns) -> None:
        """Record a change of an unresolved alert, one of `alerts`."""
        alert.update(columns)
        self.changed_alerts.setdefault(alert["id"], set()).update(columns)

    def see_changes(self) -> None:
        """Let `facts` have the columns that were recorded so far."""
        self.facts = with_row(self.facts, self.row_after())

    def set_part(self, name: str, value: Any) -> None:
        """Set a part of `facts` to what the recorded rows make of it, so that it is not read again."""
        self.facts = replace(self.facts, **{name: value})
        self.parts.stale.discard(name)

    def row_after(self) -> OpportunityRow:
        """Return the row with the columns that were recorded so far."""
        own = {name: value for name, value in self.columns.items() if name in OpportunityRow.columns}
        return self.row.changed(**with_json_text(own))

    def changed_columns(self) -> dict[str, Any]:
        """Return the recorded columns that differ from the row, and those that the row does not have."""
        before = self.row
        return {
            name: value
            for name, value in self.columns.items()
            if name not in OpportunityRow.columns or stored_value(before, name) != value
        }

    def discard(self) -> None:
        """Drop all that was recorded."""
        self.events = []
        self.columns = {}
        self.parts = PartWrites()
        self.changed_alerts = {}


class PartRef(NamedTuple):
    """A reference to a part of a deal, for operations that name the part and not the deal."""

    kind: str
    id: UUID


class _HasId(Protocol):
    @property
    def id(self) -> UUID: ...


PartT = TypeVar("PartT", bound=_HasId)


def find_part(parts: Iterable[PartT], id: UUID, kind: str) -> PartT:
    """Return the part of a locked deal with this id. Raise NotFoundError if the deal has no such part."""
    found = next((part for part in parts if part.id == id), None)
    if found is None:
        raise NotFoundError(kind, id)
    return found


def authorize_write(deal: LockedOpportunity) -> None:
    """Refuse viewers who may not write the deal, and any change if it is closed."""
    reason = write_forbidden_reason(deal.ctx.viewer, deal.ownership)
    if reason is not None:
        raise PermissionDeniedError(reason)
    refuse_closed(deal)


def refuse_closed(deal: LockedOpportunity) -> None:
    """Raise RecordClosedError if the deal is WON, LOST or DISQUALIFIED."""
    if deal.row.state in CLOSED_STATES:
        raise RecordClosedError(state=deal.row.state, opportunity_id=deal.id)
