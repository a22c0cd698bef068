"""Data that no mutation creates: a tree of teams, deals that were won and lost, a process with every part."""

from datetime import date
from typing import Any

from schema.core.ids import decode, encode
from tests.support.organizations import NOW, TestOrganization
from workflow.models import Activity, ActivityContact, Alert, Member, Stakeholder, Team
from workflow.models.columns import new_id
from workflow.operations.process.processes import preset, publish
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.operations.webhooks.delivery import (
    DeliveryOutcome,
    due_endpoints,
    lease_deliveries,
    record_outcome,
)
from workflow.operations.webhooks.relay import relay
from workflow.rules.enums import LossReason, OpportunityState, Role, WinReason
from workflow.rules.process.document import encode_process, parse_process

EVIDENCE = "The plant manager said on the phone that they lose two shifts a week to it."


async def create_starting_data(organization: TestOrganization) -> dict[str, str]:
    """Create the data in an organization; return the ids by name."""
    await _create_teams(organization)
    await _publish_full_process(organization)
    day = date(2026, 2, 1)
    won = ImportRow(
        "w", "Won", "Globex", state=OpportunityState.WON, closed_on=day, win_reason=WinReason.SPEED
    )
    lost = ImportRow(
        "l", "Lost", "Globex", state=OpportunityState.LOST, closed_on=day, loss_reason=LossReason.PRICE
    )
    await import_rows(organization.ctx, "crm", [won, lost])
    seller = await organization.ctx_of(Role.REP, "sam@example.com")
    assert seller.viewer.member_id
    people = {"owner": organization.admin_id, "seller": seller.viewer.member_id, "nobody": new_id()}
    return {name: encode("Member", id) for name, id in people.items()}


async def deliver_webhooks(id: str) -> None:
    """Relay the events; of the newest two deliveries, the first in their list, one succeeds and one fails."""
    await relay(NOW)
    found = decode(id)
    for endpoint in await due_endpoints(NOW):
        if found is not None and endpoint.endpoint_id == found[1]:
            *_, taken, refused = await lease_deliveries(endpoint, NOW, 1_000)
            await record_outcome(taken, DeliveryOutcome(200), NOW)
            await record_outcome(refused, DeliveryOutcome(500, "The receiver answered 500: down"), NOW)


async def escalate_alert(id: str) -> None:
    """Escalate the alert to a manager, and resolve it."""
    found = decode(id)
    assert found is not None
    [row] = await Alert.filter(id=found[1]).values("organization_id")
    [somebody] = await Member.filter(organization_id=row["organization_id"]).limit(1).values("id")
    await Alert.filter(id=found[1]).update(
        escalated_to_id=somebody["id"], escalated_at=NOW, status="RESOLVED", resolved_at=NOW
    )


async def add_call(id: str) -> None:
    """Log a call with a stakeholder."""
    found = decode(id)
    assert found is not None
    [person] = await Stakeholder.filter(id=found[1]).values("organization_id", "opportunity_id", "contact_id")
    fields: Any = {
        "kind": "CALL",
        "direction": "INBOUND",
        "two_way": True,
        "summary": "A call",
        "at": NOW,
        "created_at": NOW,
    }
    places: Any = {name: person[name] for name in ("organization_id", "opportunity_id")}
    call = await Activity.create(id=new_id(), actor_kind="SYSTEM", actor_name="Pursuit", **fields, **places)
    parts: Any = {"organization_id": person["organization_id"], "contact_id": person["contact_id"]}
    await ActivityContact.create(id=new_id(), activity_id=call.id, **parts)


async def _create_teams(organization: TestOrganization) -> None:
    above = await Team.create(id=new_id(), organization_id=organization.id, name="Sales", created_at=NOW)
    places: Any = {
        "organization_id": organization.id,
        "parent_id": above.id,
        "manager_id": organization.admin_id,
    }
    below = await Team.create(id=new_id(), name="Sales South", created_at=NOW, **places)
    await Member.filter(id=organization.admin_id).update(team_id=below.id)


async def _publish_full_process(organization: TestOrganization) -> None:
    """Return the default process with a fit rule and requirements of every kind."""
    plain: Any = encode_process(preset("default"))  # Any: a document as data
    rule = {"key": "size", "label": "Has people", "attribute": "employeeCount", "operator": "GT", "value": 1}
    tests = {"active": {"activityWithinDays": 30}, "large": {"expression": "opportunity.value > 1000"}}
    asked = [{"key": key, "label": key, "test": test, "when": "true"} for key, test in tests.items()]
    gates = [_with_requirements(gate, asked) if gate["trigger"] == "WIN" else gate for gate in plain["gates"]]
    await publish(
        organization.ctx, parse_process({**plain, "key": "whole", "fitRules": [rule], "gates": gates})
    )


def _with_requirements(gate: Any, asked: list[dict[str, Any]]) -> Any:
    return {**gate, "requirements": [*gate["requirements"], *asked]}
