"""Snapshots of a deal's reported columns, each valid until the next change, for reports as of any day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workflow.models import Opportunity, Snapshot
from workflow.operations.core.rows import insert_rows, update_rows
from workflow.queries.opportunity.rows import OpportunityRow

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


@dataclass(frozen=True, slots=True)
class NewSnapshot:
    """A snapshot that begins at an instant, at which the deal's current one ends."""

    row: OpportunityRow
    since: datetime
    slip_reason: object = None


def is_new_snapshot(before: OpportunityRow, after: OpportunityRow) -> bool:
    """Return True if a change concerns a column of the snapshots."""
    return any(getattr(before, name) != getattr(after, name) for name in SNAPSHOT_COLUMNS)


async def write_snapshots(snapshots: Sequence[NewSnapshot]) -> None:
    """End the current snapshots of these deals and begin others: two statements."""
    # Ended first: an index allows one snapshot without an end for each deal.
    ends = [{"opportunity_id": one.row.id, "until": one.since} for one in snapshots]
    await update_rows(Snapshot, ends, key="opportunity_id", condition=' AND "snapshot"."until" IS NULL')
    await insert_rows(Snapshot, [snapshot_columns(one.row, one.since, one.slip_reason) for one in snapshots])


def first_snapshot(deal: Opportunity, since: datetime, **replaced: object) -> Snapshot:
    """Build a snapshot of a new deal from `since` on. `replaced` holds columns that had other values then."""
    current = {name: getattr(deal, name) for name in (*SNAPSHOT_COLUMNS, "base_minor")}
    columns: dict[str, Any] = current | replaced
    organization_id = deal.organization_id  # type: ignore[attr-defined]  # a foreign key's column
    keys: dict[str, Any] = {"organization_id": organization_id, "opportunity_id": deal.id}
    return Snapshot(**keys, since=since, **columns)


def snapshot_columns(
    row: OpportunityRow, since: datetime, slip_reason: object = None
) -> dict[str, Any]:  # Any: columns of several kinds
    """Return the columns of a deal's snapshot from an instant on."""
    return {
        "organization_id": row.organization_id,
        "opportunity_id": row.id,
        "since": since,
        "slip_reason": slip_reason,
        **{name: getattr(row, name) for name in (*SNAPSHOT_COLUMNS, "base_minor")},
    }
