"""Sync of the stored alerts with what the rules find: after each write on a deal, and in the sweep."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from workflow.models import Alert, Member, Opportunity, Team
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import NewEvent, record_events
from workflow.rules.alerts.alerts import FoundAlert, find_alerts
from workflow.rules.alerts.lifecycle import (
    UNACKNOWLEDGED,
    AlertChange,
    change_alert,
    nearest_manager,
    needs_escalation,
    new_alert_columns,
    stored_alert,
)
from workflow.rules.enums import AlertCode, AlertStatus
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import ProcessDocument

Row = dict[str, Any]
EVENT_FIELDS = ("status", "severity", "snoozed_until", "escalated_to_id")
"""The columns whose changes an event reports."""


@dataclass(slots=True)
class AlertInput:
    """A deal whose alerts are synced: its facts, its stored alerts, and what the rules find."""

    facts: OpportunityFacts
    process: ProcessDocument
    disqualify_proposed: bool
    version: int
    deleted: bool = False
    rows: list[Row] = field(default_factory=list)
    found: tuple[FoundAlert, ...] = ()


@dataclass(slots=True)
class AlertPlan:
    """The rows to write and the events to record for several deals."""

    new: list[Row] = field(default_factory=list)
    changes: list[AlertChange] = field(default_factory=list)
    seen: list[UUID] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)


async def sync_alerts(ctx: Ctx, deals: Sequence[AlertInput]) -> list[NewEvent]:
    """Sync the alerts of locked deals, and return the events to record."""
    ids = [deal.facts.id for deal in deals]
    unresolved = Alert.filter(opportunity_id__in=ids).exclude(status=AlertStatus.RESOLVED)
    rows = defaultdict(list)
    plan = AlertPlan()
    for row in await unresolved.order_by("id").values():
        rows[row["opportunity_id"]].append(row)
    for deal in deals:
        deal.rows = rows[deal.facts.id]
        if not deal.deleted:
            deal.found = find_alerts(
                deal.process, deal.facts, ctx.now, [stored_alert(row) for row in deal.rows]
            )
        _compare(ctx, deal, plan)
    await _escalate(ctx, deals, plan)
    await _write(ctx, plan)
    await _update_disqualify_proposed(deals)
    return plan.events


async def sync_and_record_alerts(ctx: Ctx, deals: Sequence[AlertInput]) -> int:
    """Sync the alerts of locked deals, record the events, and return how many there were."""
    events = await sync_alerts(ctx, deals)
    await record_events(ctx, events)
    return len(events)


def _compare(ctx: Ctx, deal: AlertInput, plan: AlertPlan) -> None:
    """Plan the changes of a deal's alerts, and apply them to its rows in memory."""
    found = {finding.key: finding for finding in deal.found}
    # A proposal to disqualify depends on the deal's other alerts, so that they are updated first.
    proposals_last = sorted(deal.rows, key=lambda row: row["code"] == AlertCode.DISQUALIFY_PROPOSED)
    for row in proposals_last:
        finding = found.pop((AlertCode(row["code"]), row["subject"]), None)
        change = change_alert(row, finding, deal.rows, ctx.now)
        if change is not None:
            _add_event(deal, row, change, plan)
            plan.changes.append(change)
            row.update(change.columns)
        if finding is not None:
            plan.seen.append(row["id"])
    for finding in found.values():
        row = {
            "id": new_id(),
            "organization_id": deal.facts.organization_id,
            "opportunity_id": deal.facts.id,
            **UNACKNOWLEDGED,
            **new_alert_columns(finding, ctx.now),
            "resolved_at": None,
        }
        plan.new.append(row)
        deal.rows.append(row)
        before = {**row, "status": None, "severity": None}
        _add_event(deal, before, AlertChange(row["id"], row, "alert.opened"), plan)


async def _escalate(ctx: Ctx, deals: Sequence[AlertInput], plan: AlertPlan) -> None:
    due = [
        (deal, row)
        for deal in deals
        for row in deal.rows
        if row["status"] != AlertStatus.RESOLVED and needs_escalation(row, deal.facts.time_zone, ctx.now)
    ]
    if not due:
        return
    organization_id = ctx.viewer.organization_id
    team_rows = await Team.filter(organization_id=organization_id).values("id", "parent_id", "manager_id")
    member_rows = await Member.filter(organization_id=organization_id).values("id", "active", "team_id")
    teams = {team["id"]: team for team in team_rows}
    members = {member["id"]: member for member in member_rows}
    active = [id for id, member in members.items() if member["active"]]
    for deal, row in due:
        owner = deal.facts.owner_id
        manager = nearest_manager(members[owner]["team_id"], owner, teams, active)
        if manager is not None:
            change = AlertChange(
                row["id"], {"escalated_to_id": manager, "escalated_at": ctx.now}, "alert.escalated"
            )
            _add_event(deal, row, change, plan)
            plan.changes.append(change)
            row.update(change.columns)


def _add_event(deal: AlertInput, before: Mapping[str, Any], change: AlertChange, plan: AlertPlan) -> None:
    if change.event is None:
        return
    after = {name: change.columns[name] for name in EVENT_FIELDS if name in change.columns}
    differences = diff({name: before[name] for name in after}, after)
    payload = {
        "opportunityId": deal.facts.id,
        "version": deal.version,
        "alertId": change.id,
        "code": before["code"],
        "changes": differences,
    }
    plan.events.append(NewEvent(change.event, "opportunity", deal.facts.id, payload))


async def _write(ctx: Ctx, plan: AlertPlan) -> None:
    new = {row["id"] for row in plan.new}
    if plan.seen:
        await Alert.filter(id__in=plan.seen).update(last_seen_at=ctx.now)
    for change in plan.changes:
        # A new row is inserted below with this change, which was applied to it in memory.
        if change.id not in new:
            await Alert.filter(id=change.id).update(**change.columns)
    if plan.new:
        await Alert.bulk_create([Alert(**row) for row in plan.new])


async def _update_disqualify_proposed(deals: Sequence[AlertInput]) -> None:
    """Store whether an open alert proposes to disqualify the deal. Forecasts leave such a deal out."""
    for deal in deals:
        proposals = (row for row in deal.rows if row["code"] == AlertCode.DISQUALIFY_PROPOSED)
        proposed = any(row["status"] == AlertStatus.OPEN for row in proposals)
        if proposed is not deal.disqualify_proposed:
            await Opportunity.filter(id=deal.facts.id).update(disqualify_proposed=proposed)
