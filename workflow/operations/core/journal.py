"""The only writer of events: one fact, one row, in the transaction of the change it tells of."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from workflow.models import Event, Organization
from workflow.models.columns import new_id
from workflow.models.engine.database import dialect, fetch
from workflow.models.engine.notify import pull
from workflow.operations.core.context import Ctx
from workflow.operations.core.locking import hold_organization
from workflow.rules.codec import camel
from workflow.rules.events.audit import AUDITED, link
from workflow.rules.events.event_types import EVENT_TYPES
from workflow.rules.money import amount


class Fact(NamedTuple):
    """One thing that happened, of what; `payload` carries ids and the changed fields, `{field: {"old": …, "new": …}}`."""

    type: str
    aggregate: str
    id: UUID
    payload: Mapping[str, object]


async def record(ctx: Ctx, type: str, *, aggregate: str, id: UUID, payload: Mapping[str, object]) -> None:
    """Write one event."""
    await record_all(ctx, [Fact(type, aggregate, id, payload)])


async def record_all(ctx: Ctx, facts: Sequence[Fact]) -> None:
    """Write an event a fact, in their order, with as many statements as for one; the audit trail alone grows one by one."""
    if not facts:
        return
    place = (await fetch(_FEED[dialect()]))[0]
    rows = []
    for fact in facts:
        row = _row(ctx, fact)
        audited = await _audited(row) if fact.aggregate in AUDITED else {}
        rows.append(Event(epoch=place["epoch"], xid=place["xid"], **row, **audited))
    await Event.bulk_create(rows)
    pull()


def _row(ctx: Ctx, fact: Fact) -> dict[str, Any]:  # Any: columns of several kinds
    if fact.type not in EVENT_TYPES:
        raise ValueError(f"{fact.type} is no type of fact; add it to EVENT_TYPES.")
    who = {"kind": ctx.viewer.kind, "name": ctx.viewer.name, "memberId": ctx.viewer.member_id}
    return {
        "id": new_id(),
        "organization_id": ctx.viewer.organization_id,
        "aggregatetype": fact.aggregate,
        "aggregateid": fact.id,
        "type": fact.type,
        "payload": plain({**fact.payload, "actor": who}),
        "at": ctx.now,
        "request_id": ctx.request_id,
        **ctx.actor(),
    }


async def _audited(fact: dict[str, Any]) -> dict[str, Any]:
    """The fact's place in the organization's audit trail, which one writer at a time makes longer."""
    await hold_organization(fact["organization_id"])
    mine = Organization.filter(id=fact["organization_id"])
    last = (await mine.values("audit_number", "audit_hash"))[0]
    number = last["audit_number"] + 1
    bound = {"audit_number": number, "audit_hash": link(last["audit_hash"], number, fact)}
    await mine.update(**bound)
    return bound


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    """The fields that differ, old and new, under the names that clients know; money as an exact amount and its currency."""
    old, new = _public(before), _public(after)
    return {name: {"old": old.get(name), "new": value} for name, value in new.items() if old.get(name) != value}


def _public(columns: Mapping[str, object]) -> dict[str, object]:
    """Columns as clients name them; what is only kept for search is left out."""
    told: dict[str, object] = {}
    for name, value in columns.items():
        if name.endswith("_minor") and f"{name[:-6]}_currency" in columns:
            told[camel(name[:-6])] = _money(value, columns[f"{name[:-6]}_currency"])
        elif name not in _INNER and not name.endswith("_currency"):
            told[camel(name)] = value
    return told


def _money(minor: object, currency: object) -> dict[str, object] | None:
    if not isinstance(minor, int) or not isinstance(currency, str):
        return None
    return {"amount": amount(minor, currency), "currency": currency}


_INNER = frozenset({"name_folded"})
_FEED = {
    "postgres": "SELECT epoch, pg_current_xact_id()::text::bigint AS xid FROM feed_epoch",
    "sqlite": "SELECT epoch, 0 AS xid FROM feed_epoch",
}


def plain(value: object) -> object:
    """A value as JSON has it: ids and dates as text, decimals as exact text."""
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    return value
