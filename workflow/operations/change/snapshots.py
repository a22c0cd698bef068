"""How a deal stands, kept from each change of what reports count until the next: any of their days can be told later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import Opportunity, Snapshot

SNAPSHOT_COLUMNS = (
    "state", "owner_id", "value_minor", "value_currency", "expected_close_date", "probability", "forecast_category", "closed_on",
)  # fmt: skip
"""The columns of a deal whose past is kept; the base value beside them is read of closed deals alone, for it is frozen there."""


async def update_snapshot(
    organization_id: UUID, before: Mapping[str, object], after: Mapping[str, object], at: datetime, slip_reason: object
) -> None:
    """Where a change moved any of what is counted, the deal stands anew from that instant on."""
    if all(before[name] == after[name] for name in SNAPSHOT_COLUMNS):
        return
    current = Snapshot.filter(opportunity_id=after["id"], until=None)
    await current.update(until=at)
    columns: dict[str, Any] = {"since": at, "slip_reason": slip_reason, **_columns(after)}
    await Snapshot.create(organization_id=organization_id, opportunity_id=after["id"], **columns)


def first_snapshot(deal: Opportunity, since: datetime, **replaced: object) -> Snapshot:
    """How a new deal stands from an instant on; `otherwise` names what was not yet as it is."""
    columns: dict[str, Any] = (
        _columns({name: getattr(deal, name) for name in (*SNAPSHOT_COLUMNS, "base_minor")}) | replaced
    )
    keys: dict[str, Any] = {"organization_id": deal.organization_id, "opportunity_id": deal.id}  # type: ignore[attr-defined]  # the key's column, which Tortoise makes
    return Snapshot(**keys, since=since, **columns)


def _columns(row: Mapping[str, object]) -> dict[str, Any]:
    return {name: row[name] for name in (*SNAPSHOT_COLUMNS, "base_minor")}
