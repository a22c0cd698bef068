"""The only writer of events: one row for each thing that happened, in the transaction that made it happen."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from workflow.models import Event, Organization
from workflow.models.columns import new_id
from workflow.models.engine.database import dialect, fetch
from workflow.models.engine.notify import mark_event_recorded
from workflow.operations.core.context import Ctx
from workflow.operations.core.json_value import to_json_value
from workflow.operations.core.locking import lock_organization
from workflow.rules.events.audit import AUDITED_KINDS, chain_hash
from workflow.rules.events.event_types import EVENT_TYPES


class NewEvent(NamedTuple):
    """An event to record. `payload` contains ids and the changed fields, as `diff()` returns them."""

    type: str
    aggregate: str
    id: UUID
    payload: Mapping[str, object]


async def record_event(
    ctx: Ctx, type: str, *, aggregate: str, id: UUID, payload: Mapping[str, object]
) -> None:
    """Record one event."""
    await record_events(ctx, [NewEvent(type, aggregate, id, payload)])


async def record_events(ctx: Ctx, events: Sequence[NewEvent]) -> None:
    """Record events in this order. The number of SQL statements grows with the audited events only."""
    if not events:
        return
    # Events are ordered by transaction. Readers stop before the oldest one that is still running, because it
    # may yet commit events that come earlier.
    feed_position = (await fetch(_FEED_POSITION_SQL[dialect()]))[0]
    rows = []
    for event in events:
        row = _row(ctx, event)
        audited = await _audit_columns(row) if event.aggregate in AUDITED_KINDS else {}
        rows.append(Event(epoch=feed_position["epoch"], xid=feed_position["xid"], **row, **audited))
    await Event.bulk_create(rows)
    mark_event_recorded()


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
        "at": ctx.now,
        "request_id": ctx.request_id,
        **ctx.actor(),
    }


async def _audit_columns(row: dict[str, Any]) -> dict[str, Any]:
    """Append the event to the organization's audit trail, and return its number and hash."""
    # Each hash covers the one before it, so that one writer at a time may append.
    await lock_organization(row["organization_id"])
    organization = Organization.filter(id=row["organization_id"])
    last = (await organization.values("audit_number", "audit_hash"))[0]
    number = last["audit_number"] + 1
    audit = {"audit_number": number, "audit_hash": chain_hash(last["audit_hash"], number, row)}
    await organization.update(**audit)
    return audit


_FEED_POSITION_SQL = {
    "postgres": "SELECT epoch, pg_current_xact_id()::text::bigint AS xid FROM feed_epoch",
    # With one writer at a time, `pos` alone has the order of the commits.
    "sqlite": "SELECT epoch, 0 AS xid FROM feed_epoch",
}
