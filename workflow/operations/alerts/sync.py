"""Sync of the stored alerts with what the rules find: after each write on a deal, and in the sweep."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from workflow.models import Alert
from workflow.models.columns import new_id
from workflow.models.engine.database import read
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import NewEvent
from workflow.operations.core.rows import insert_rows, update_rows
from workflow.queries.records import in_list, list_value, to_id, to_optional_id
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
    """A deal whose alerts are synced: its context, its facts and its unresolved alerts as they are stored.

    The sync changes `rows` in memory. `changed` names the columns of rows that a caller has changed already.
    """

    ctx: Ctx
    facts: OpportunityFacts
    process: ProcessDocument
    version: int
    rows: list[Row]
    deleted: bool = False
    changed: Mapping[UUID, set[str]] = field(default_factory=dict)

    @property
    def disqualify_proposed(self) -> bool:
        """Return True if an open alert proposes to disqualify the deal. Forecasts leave such a deal out."""
        proposals = (row for row in self.rows if row["code"] == AlertCode.DISQUALIFY_PROPOSED)
        return any(row["status"] == AlertStatus.OPEN for row in proposals)


@dataclass(slots=True)
class AlertPlan:
    """The rows to write and the events to record for several deals."""

    new: list[Row] = field(default_factory=list)
    changed: dict[UUID, set[str]] = field(default_factory=dict)
    rows: dict[UUID, Row] = field(default_factory=dict)
    events: list[NewEvent] = field(default_factory=list)

    def change(self, row: Row, columns: Mapping[str, Any]) -> None:
        """Change a row in memory, and plan to write those columns that differ."""
        names = {name for name, value in columns.items() if row[name] != value}
        row.update(columns)
        self.add(row, names)

    def add(self, row: Row, names: set[str]) -> None:
        """Plan to write columns of a row that was changed in memory."""
        self.rows[row["id"]] = row
        self.changed.setdefault(row["id"], set()).update(names)


async def plan_alerts(deals: Sequence[AlertInput]) -> AlertPlan:
    """Compare the alerts of locked deals with what the rules find. Nothing is written.

    Only an escalation needs a statement: one for all deals.
    """
    plan = AlertPlan()
    for deal in deals:
        for row in deal.rows:
            if names := deal.changed.get(row["id"]):
                plan.add(row, names)
        _compare(deal, plan)
    await _escalate(deals, plan)
    return plan


async def write_alerts(plan: AlertPlan) -> None:
    """Write what is planned: one statement for the changed rows and one for the new ones."""
    new = {row["id"] for row in plan.new}
    # A new row is inserted with its changes, which were applied to it in memory.
    changed = {id: names for id, names in plan.changed.items() if names and id not in new}
    names = sorted(set().union(*changed.values()))
    await update_rows(Alert, [{name: plan.rows[id][name] for name in ("id", *names)} for id in changed])
    await insert_rows(Alert, plan.new)


def _compare(deal: AlertInput, plan: AlertPlan) -> None:
    """Plan the changes of a deal's alerts, and apply them to its rows in memory."""
    now = deal.ctx.now
    findings: Sequence[FoundAlert] = ()
    if not deal.deleted:
        findings = find_alerts(deal.process, deal.facts, now, [stored_alert(row) for row in deal.rows])
    found = {finding.key: finding for finding in findings}
    # A proposal to disqualify depends on the deal's other alerts, so that they are updated first.
    proposals_last = sorted(deal.rows, key=lambda row: row["code"] == AlertCode.DISQUALIFY_PROPOSED)
    for row in proposals_last:
        finding = found.pop((AlertCode(row["code"]), row["subject"]), None)
        change = change_alert(row, finding, deal.rows, now)
        if change is not None:
            _add_event(deal, row, change, plan)
            plan.change(row, change.columns)
        if finding is not None:
            plan.change(row, {"last_seen_at": now})
    for finding in found.values():
        row = {
            "id": new_id(),
            "organization_id": deal.facts.organization_id,
            "opportunity_id": deal.facts.id,
            **UNACKNOWLEDGED,
            **new_alert_columns(finding, now),
            "resolved_at": None,
        }
        plan.new.append(row)
        deal.rows.append(row)
        before = {**row, "status": None, "severity": None}
        _add_event(deal, before, AlertChange(row["id"], row, "alert.opened"), plan)


async def _escalate(deals: Sequence[AlertInput], plan: AlertPlan) -> None:
    due = [
        (deal, row)
        for deal in deals
        for row in deal.rows
        if row["status"] != AlertStatus.RESOLVED and needs_escalation(row, deal.facts.time_zone, deal.ctx.now)
    ]
    if not due:
        return
    places = await _teams_and_owners(
        due[0][0].facts.organization_id, {deal.facts.owner_id for deal, _ in due}
    )
    active = [place["manager_id"] for place in places.values() if place["active"]]
    for deal, row in due:
        owner = deal.facts.owner_id
        manager = nearest_manager(places[owner]["parent_id"], owner, places, active)
        if manager is not None:
            columns = {"escalated_to_id": manager, "escalated_at": deal.ctx.now}
            _add_event(deal, row, AlertChange(row["id"], columns, "alert.escalated"), plan)
            plan.change(row, columns)


async def _teams_and_owners(organization_id: UUID, owners: Collection[UUID]) -> dict[UUID, Row]:
    """Return the team above each team and each owner, with the manager of a team; one statement."""
    sql = f"""SELECT id, parent_id, manager_id,
            (SELECT active FROM member WHERE member.id = team.manager_id) AS active
        FROM team WHERE organization_id = $1
        UNION ALL SELECT id, team_id, NULL, NULL FROM member
        WHERE organization_id = $1 AND id {in_list("$2")}"""
    records = await read(sql, organization_id, list_value(owners))
    return {
        to_id(record["id"]): {
            "parent_id": to_optional_id(record["parent_id"]),
            "manager_id": to_optional_id(record["manager_id"]),
            "active": bool(record["active"]),
        }
        for record in records
    }


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
    plan.events.append(NewEvent(change.event, "opportunity", deal.facts.id, payload, deal.ctx.now))
