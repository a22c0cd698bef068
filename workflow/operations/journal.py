"""The only writer of events: one fact, one row, in the transaction of the change it tells of."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

from workflow.models import Event
from workflow.models.columns import new_id
from workflow.models.database import dialect, fetch
from workflow.operations.context import Ctx


async def record(ctx: Ctx, type: str, *, aggregate: str, id: UUID, payload: Mapping[str, object]) -> None:
    """Write one event; `payload` carries ids and the changed fields, `{field: {"old": …, "new": …}}`."""
    feed = (
        "SELECT epoch, pg_current_xact_id()::text::bigint AS xid FROM feed_epoch"
        if dialect() == "postgres"
        else "SELECT epoch, 0 AS xid FROM feed_epoch"
    )
    place = (await fetch(feed))[0]
    actor = ctx.actor()
    who = {"kind": ctx.viewer.kind, "name": ctx.viewer.name, "memberId": ctx.viewer.member_id}
    await Event.create(
        id=new_id(),
        organization_id=ctx.viewer.organization_id,
        epoch=place["epoch"],
        xid=place["xid"],
        aggregatetype=aggregate,
        aggregateid=id,
        type=type,
        payload=plain({**payload, "actor": who}),
        at=ctx.now,
        request_id=ctx.request_id,
        **actor,
    )


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    """The fields that differ, old and new."""
    return {name: {"old": before.get(name), "new": value} for name, value in after.items() if before.get(name) != value}


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
