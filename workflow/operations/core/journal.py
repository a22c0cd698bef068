"""The only writer of events: one row for each thing that happened, in the transaction that made it happen."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from workflow.models import Event, Organization
from workflow.models.columns import new_id
from workflow.models.engine.database import dialect
from workflow.models.engine.notify import mark_event_recorded
from workflow.operations.core.context import Ctx
from workflow.operations.core.json_value import to_json_value
from workflow.operations.core.locking import lock_organization
from workflow.operations.core.rows import insert_rows
from workflow.rules.events.audit import AUDITED_KINDS, chain_hash
from workflow.rules.events.event_types import EVENT_TYPES


class NewEvent(NamedTuple):
    """An event to record. `payload` contains ids and the changed fields, as `diff()` returns them.

    `at` is the context's time by default.
    """

    type: str
    aggregate: str
    id: UUID
    payload: Mapping[str, object]
    at: datetime | None = None


async def record_event(
    ctx: Ctx, type: str, *, aggregate: str, id: UUID, payload: Mapping[str, object]
) -> None:
    """Record one event."""
    await record_events(ctx, [NewEvent(type, aggregate, id, payload)])


async def record_events(ctx: Ctx, events: Sequence[NewEvent]) -> None:
    """Record events in this order, with one statement; audited ones need three more."""
    if not events:
        return
    rows = [_row(ctx, event) for event in events]
    audited = [row for row in rows if row["aggregatetype"] in AUDITED_KINDS]
    audit = await _append_to_audit_trail(ctx.viewer.organization_id, audited) if audited else {}
    await insert_rows(
        Event, [{**row, **audit.get(row["id"], NOT_AUDITED)} for row in rows], _FEED_POSITION_SQL[dialect()]
    )
    mark_event_recorded()


NOT_AUDITED: Mapping[str, Any] = {"audit_number": None, "audit_hash": None}


def _row(ctx: Ctx, event: NewEvent) -> dict[str, Any]:  # Any: columns of several kinds
    if event.type not in EVENT_TYPES:
        raise ValueError(f"{event.type} is not a known type of event. Add it to EVENT_TYPES.")
    actor = {"kind": ctx.viewer.kind, "name": ctx.viewer.name, "memberId": ctx.viewer.member_id}
    return {
        "id": new_id(),
        "organization_id": ctx.viewer.organization_id,
        "aggregatetype": event.aggregate,
        "aggregateid": event.id,
        "type": event.type,
        "payload": to_json_value({**event.payload, "actor": actor}),
        "at": event.at or ctx.now,
        "request_id": ctx.request_id,
        **ctx.actor(),
    }


async def _append_to_audit_trail(
    organization_id: UUID, rows: Sequence[Mapping[str, Any]]
) -> dict[UUID, Mapping[str, Any]]:
    """Append events to the organization's audit trail. Return the number and hash of each by its id."""
    # Each hash covers the one before it, so that one writer at a time may append.
    await lock_organization(organization_id)
    organization = Organization.filter(id=organization_id)
    [last] = await organization.values("audit_number", "audit_hash")
    audit: dict[UUID, Mapping[str, Any]] = {}
    for row in rows:
        number = last["audit_number"] + 1
        last = {"audit_number": number, "audit_hash": chain_hash(last["audit_hash"], number, row)}
        audit[row["id"]] = last
    await organization.update(**last)
    return audit


# Events are ordered by transaction. Readers stop before the oldest one that is still running, because it may
# yet commit events that come earlier. With one writer at a time, `pos` alone has the order of the commits.
_FEED_POSITION_SQL: Mapping[str, Mapping[str, str]] = {
    "postgres": {"epoch": "(SELECT epoch FROM feed_epoch)", "xid": "pg_current_xact_id()::text::bigint"},
    "sqlite": {"epoch": "(SELECT epoch FROM feed_epoch)", "xid": "0"},
}
