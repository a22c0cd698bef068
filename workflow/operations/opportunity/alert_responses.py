"""What people do about alerts: say that they know, or that they will look later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import Alert
from workflow.operations.change.change import Deal, Part, change
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed
from workflow.operations.core.validation import Faults
from workflow.rules.alerts.alerts import LONGEST_SNOOZE
from workflow.rules.enums import AlertCode, AlertStatus
from workflow.rules.errors import PermissionDenied, Refusal, invalid
from workflow.rules.permissions import Action, may_coach, require

MOST = 500


@dataclass(frozen=True, slots=True)
class AlertDone:
    """What became of one of many alerts."""

    id: UUID
    problem: Refusal | None = None


async def acknowledge_alerts(ctx: Ctx, ids: Sequence[UUID], note: str | None) -> list[AlertDone]:
    """Say of each that it is known; it is quiet until it grows worse."""
    said = _checked(ctx, ids, note)
    mark = {"status": AlertStatus.ACKNOWLEDGED, "acknowledged_at": ctx.now, **_by(ctx, "acknowledged"), **said}
    return [await _one(ctx, id, "alert.acknowledged", mark) for id in ids]


async def snooze_alerts(ctx: Ctx, ids: Sequence[UUID], until: datetime, note: str | None) -> list[AlertDone]:
    """Put each aside until an instant at most 30 days ahead; it wakes then where its cause stands, or sooner where it grows worse."""
    said = _checked(ctx, ids, note)
    if not ctx.now < until <= ctx.now + LONGEST_SNOOZE:
        message = f"`until` is {until.isoformat()}: it is to be within the next {LONGEST_SNOOZE.days} days."
        raise invalid("until", message=message)
    mark = {"status": AlertStatus.SNOOZED, "snoozed_until": until, **_by(ctx, "snoozed"), **said}
    return [await _one(ctx, id, "alert.snoozed", mark) for id in ids]


def _checked(ctx: Ctx, ids: Sequence[UUID], note: str | None) -> dict[str, Any]:
    """The note as kept; refuse who never writes, and what cannot be done for any."""
    require(ctx.viewer, Action.WRITE_OWN, to="answer alerts")
    faults = Faults()
    if not 1 <= len(ids) <= MOST:
        faults.add("ids", message=f"There are {len(ids)} alerts; give 1 to {MOST} at once.")
    said = faults.text(note, "note", most=20_000)
    faults.raise_if_any()
    if ctx.receipt is not None:
        ctx.receipt.in_parts = True
    return {} if said is None else {"note": said}


async def _one(ctx: Ctx, id: UUID, event: str, mark: Mapping[str, Any]) -> AlertDone:
    async def verb(deal: Deal) -> None:
        [before] = await Alert.filter(id=id).values()
        if before["code"] == AlertCode.DISQUALIFY_PROPOSED:
            _may_decide(deal)
        if before["status"] == AlertStatus.RESOLVED:
            raise invalid("ids", message="The cause of this alert is gone, and it is resolved: there is nothing to do.")
        await Alert.filter(id=id).update(**mark)
        told = {name: mark[name] for name in ("status", "snoozed_until") if name in mark}
        differences = changed({name: before[name] for name in told}, told)
        deal.tell(event, alertId=id, code=before["code"], note=mark.get("note"), changes=differences)

    try:
        await change(ctx, Part("Alert", id), None, verb, counts=False)
    except Refusal as problem:
        return AlertDone(id, problem)
    return AlertDone(id)


def _may_decide(deal: Deal) -> None:
    """Whether to stop is for a manager or an admin who does not hold the deal."""
    viewer, holding = deal.ctx.viewer, deal.holding
    if holding.held_by(viewer) or not may_coach(viewer, Action.DECIDE_DISQUALIFY, holding):
        raise PermissionDenied("Whether this deal stops is for a manager or an admin who does not own it. Ask one.")


def _by(ctx: Ctx, what: str) -> dict[str, Any]:
    actor = ctx.actor()
    return {f"{what}_{name.removeprefix('actor_')}": value for name, value in actor.items()}
