"""Respond to alerts: acknowledge or snooze them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import Alert
from workflow.operations.change.change import change
from workflow.operations.change.locked import LockedOpportunity, PartRef
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.validation import Validator
from workflow.rules.alerts.alerts import MAX_SNOOZE
from workflow.rules.enums import AlertCode, AlertStatus
from workflow.rules.errors import PermissionDeniedError, Refusal, invalid_field
from workflow.rules.permissions import Action, may_manage, require_permission

MAX_ALERTS = 500


@dataclass(frozen=True, slots=True)
class AlertResult:
    """The result for one alert of a request."""

    id: UUID
    problem: Refusal | None = None


async def acknowledge_alerts(ctx: Ctx, ids: Sequence[UUID], note: str | None) -> list[AlertResult]:
    """Acknowledge each alert. It stays silent until its severity rises."""
    note_column = _validate_note(ctx, ids, note)
    columns = {
        "status": AlertStatus.ACKNOWLEDGED,
        "acknowledged_at": ctx.now,
        **_actor_columns(ctx, "acknowledged"),
        **note_column,
    }
    return [await _update_alert(ctx, id, "alert.acknowledged", columns) for id in ids]


async def snooze_alerts(
    ctx: Ctx, ids: Sequence[UUID], until: datetime, note: str | None
) -> list[AlertResult]:
    """Snooze each alert for at most 30 days.

    It reopens then if its cause remains, or earlier if its severity rises.
    """
    note_column = _validate_note(ctx, ids, note)
    if not ctx.now < until <= ctx.now + MAX_SNOOZE:
        message = f"`until` is {until.isoformat()}. Give an instant within the next {MAX_SNOOZE.days} days."
        raise invalid_field("until", message=message)
    columns = {
        "status": AlertStatus.SNOOZED,
        "snoozed_until": until,
        **_actor_columns(ctx, "snoozed"),
        **note_column,
    }
    return [await _update_alert(ctx, id, "alert.snoozed", columns) for id in ids]


def _validate_note(ctx: Ctx, ids: Sequence[UUID], note: str | None) -> dict[str, Any]:
    """Return the column of the note.

    Refuse a viewer who may not write, and inputs that no alert could take.
    """
    require_permission(ctx.viewer, Action.WRITE_OWN, to="respond to alerts")
    validator = Validator()
    if not 1 <= len(ids) <= MAX_ALERTS:
        validator.add("ids", message=f"`ids` has {len(ids)} alerts. Give 1 to {MAX_ALERTS}.")
    note_text = validator.text(note, "note", max_length=20_000)
    validator.raise_if_any()
    if ctx.idempotency is not None:
        ctx.idempotency.is_batch = True
    return {} if note_text is None else {"note": note_text}


async def _update_alert(ctx: Ctx, id: UUID, event: str, columns: Mapping[str, Any]) -> AlertResult:
    async def verb(deal: LockedOpportunity) -> None:
        unresolved = next((alert for alert in deal.alerts if alert["id"] == id), None)
        before = unresolved or (await Alert.filter(id=id).values())[0]
        if before["code"] == AlertCode.DISQUALIFY_PROPOSED:
            _authorize_decision(deal)
        if unresolved is None:
            raise invalid_field("ids", message="This alert is resolved: its cause is gone. Leave it out.")
        after = {name: columns[name] for name in ("status", "snoozed_until") if name in columns}
        differences = diff({name: before[name] for name in after}, after)
        deal.update_alert(unresolved, columns)
        deal.emit(event, alertId=id, code=before["code"], note=columns.get("note"), changes=differences)

    try:
        await change(ctx, PartRef("Alert", id), None, verb, bump_version=False)
    except Refusal as problem:
        return AlertResult(id, problem)
    return AlertResult(id)


def _authorize_decision(deal: LockedOpportunity) -> None:
    """Refuse a viewer who may not decide whether the deal stops."""
    viewer = deal.ctx.viewer
    if deal.ownership.is_owned_by(viewer) or not may_manage(viewer, Action.DECIDE_DISQUALIFY, deal.ownership):
        raise PermissionDeniedError(
            "Only a manager or an admin who does not own this deal may decide whether it stops. Ask one."
        )


def _actor_columns(ctx: Ctx, act: str) -> dict[str, Any]:
    actor = ctx.actor()
    return {f"{act}_{name.removeprefix('actor_')}": value for name, value in actor.items()}
