"""Snapshots of a deal's reported columns, each valid until the next change, for reports as of any day."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import Opportunity, Snapshot

SNAPSHOT_COLUMNS = (
    "state",
    "owner_id",
    "value_minor",
    "value_currency",
    "expected_close_date",
    "probability",
    "forecast_category",
    "closed_on",
)
"""The columns whose history is stored. `base_minor` is stored with them, but read for closed deals only."""


async def update_snapshot(
    organization_id: UUID,
    before: Mapping[str, object],
    after: Mapping[str, object],
    at: datetime,
    slip_reason: object,
) -> None:
    """End the current snapshot and begin another, if a change concerns one of its columns."""
    if all(before[name] == after[name] for name in SNAPSHOT_COLUMNS):
        return
    # Ended first: an index allows one snapshot without an end for each deal.
    current = Snapshot.filter(opportunity_id=after["id"], until=None)
    await current.update(until=at)
    columns: dict[str, Any] = {"since": at, "slip_reason": slip_reason, **_columns(after)}
    await Snapshot.create(organization_id=organization_id, opportunity_id=after["id"], **columns)


def first_snapshot(deal: Opportunity, since: datetime, **replaced: object) -> Snapshot:
    """Build a snapshot of a new deal from `since` on. `replaced` holds columns that had other values then."""
    current = {name: getattr(deal, name) for name in (*SNAPSHOT_COLUMNS, "base_minor")}
    columns: dict[str, Any] = current | replaced
    organization_id = deal.organization_id  # type: ignore[attr-defined]  # a foreign key's column
    keys: dict[str, Any] = {"organization_id": organization_id, "opportunity_id": deal.id}
    return Snapshot(**keys, since=since, **columns)


def _columns(row: Mapping[str, object]) -> dict[str, Any]:
    return {name: row[name] for name in (*SNAPSHOT_COLUMNS, "base_minor")}
