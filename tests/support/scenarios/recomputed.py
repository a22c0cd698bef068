"""A full recomputation of what is stored with a deal: health, risk level, alerts, snapshot and events."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import Alert, Event, Opportunity, Override, Snapshot
from workflow.operations.change.settle import DERIVED_COLUMNS
from workflow.operations.change.snapshots import SNAPSHOT_COLUMNS
from workflow.operations.core.diff import diff
from workflow.operations.core.json_value import to_json_value
from workflow.queries.opportunity.facts import load_facts
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.process.processes import documents_by_id
from workflow.rules.alerts.alerts import find_alerts
from workflow.rules.alerts.lifecycle import stored_alert
from workflow.rules.enums import CLOSED_STATES, AlertCode, AlertStatus
from workflow.rules.gates.machine import is_override_open
from workflow.rules.health.stored import evaluation_columns
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.risks import highest_risk_level
from workflow.rules.process.document import ProcessDocument

Row = dict[str, Any]
OWN_EVENTS = ("opportunity.", "buyer.updated", "criterion.assessed")
"""The events that report changed columns of the deal itself."""


async def differences_from_recomputation(
    organization_id: UUID, ids: Collection[UUID], now: datetime
) -> list[str]:
    """Return what is stored with deals that were changed at `now`, where it is not what the rules find."""
    rows: dict[UUID, Row] = {
        row["id"]: dict(row) for row in await Opportunity.filter(id__in=list(ids)).values()
    }
    facts = await load_facts(organization_id, list(rows), now)
    processes = await documents_by_id(organization_id, {row["process_id"] for row in rows.values()})
    found = []
    for id, row in rows.items():
        process = processes[row["process_id"]]
        expected = await _expected(facts[id], process, row, now)
        stored = await _stored(row)
        found += [
            f"{row['name']}: {name} is {stored[name]}, not {value}"
            for name, value in expected.items()
            if stored[name] != value
        ]
    return found


async def _expected(facts: OpportunityFacts, process: ProcessDocument, row: Row, now: datetime) -> Row:
    unresolved = await _unresolved(row["id"])
    alerts = (
        [] if row["deleted_at"] else find_alerts(process, facts, now, list(map(stored_alert, unresolved)))
    )
    proposals = [one for one in unresolved if one["code"] == AlertCode.DISQUALIFY_PROPOSED]
    # What is logged after a close does not change what the deal looked like when it closed.
    is_evaluated = facts.state not in CLOSED_STATES or facts.state_since == now
    return {
        **(evaluation_columns(process, facts, now) if is_evaluated else {}),
        "risk_level": highest_risk_level(facts),
        "alerts": sorted((one.code, one.subject, one.severity, one.message) for one in alerts),
        "disqualify_proposed": any(one["status"] == AlertStatus.OPEN for one in proposals),
        "snapshot": {name: row[name] for name in SNAPSHOT_COLUMNS},
        "open overrides": sorted(
            override.id for override in facts.overrides if is_override_open(override, facts, process, now)
        ),
        "columns in events": _columns(row),
    }


async def _stored(row: Row) -> Row:
    id = row["id"]
    [snapshot] = await Snapshot.filter(opportunity_id=id, until=None).values(*SNAPSHOT_COLUMNS)
    overrides = await Override.filter(opportunity_id=id, settled_at=None).values_list("id", flat=True)
    return {
        "health": row["health"],
        "health_factors": json.loads(row["health_factors"]),
        "closed_insight": json.loads(row["closed_insight"]) if row["closed_insight"] else None,
        "risk_level": row["risk_level"],
        "disqualify_proposed": row["disqualify_proposed"],
        "alerts": sorted(
            (one["code"], one["subject"], one["severity"], one["message"]) for one in await _unresolved(id)
        ),
        "snapshot": snapshot,
        "open overrides": sorted(UUID(str(one)) for one in overrides),
        "columns in events": await _columns_in_events(row),
    }


async def _unresolved(id: UUID) -> list[Row]:
    alerts = Alert.filter(opportunity_id=id).exclude(status=AlertStatus.RESOLVED)
    return [dict(alert) for alert in await alerts.values()]


async def _columns_in_events(row: Row) -> Row:
    """Return the deal's columns, those that events report as the last of them has them."""
    columns = _columns(row)
    for event in await Event.filter(aggregateid=row["id"]).order_by("pos").values("type", "payload"):
        if event["type"].startswith(OWN_EVENTS):
            changes: dict[str, Any] = event["payload"].get("changes") or {}
            columns |= {name: change["new"] for name, change in changes.items() if name in columns}
    return columns


def _columns(row: Row) -> Row:
    """Return the deal's columns as events report them."""
    columns = {name: row[name] for name in OpportunityRow.columns if name not in DERIVED_COLUMNS}
    changes = diff(dict.fromkeys(columns, "another value"), columns)
    public = {name: change["new"] for name, change in changes.items() if isinstance(change, dict)}
    return dict(to_json_value(public).items())  # type: ignore[attr-defined]  # a dict stays one
