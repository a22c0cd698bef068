"""How a deal stands, kept from each change of what reports count until the next: any of their days can be told later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import Opportunity, Standing

COUNTED = (
    "state", "owner_id", "value_minor", "value_currency", "expected_close_date", "probability", "forecast_category", "closed_on",
)  # fmt: skip
"""The columns of a deal whose past is kept; the base value beside them is read of closed deals alone, for it is frozen there."""


async def stand(
    organization_id: UUID, before: Mapping[str, object], now: Mapping[str, object], at: datetime, slip_reason: object
) -> None:
    """Where a change moved any of what is counted, the deal stands anew from that instant on."""
    if all(before[name] == now[name] for name in COUNTED):
        return
    current = Standing.filter(opportunity_id=now["id"], until=None)
    await current.update(until=at)
    about: dict[str, Any] = {"since": at, "slip_reason": slip_reason, **_columns(now)}
    await Standing.create(organization_id=organization_id, opportunity_id=now["id"], **about)


def first_standing(deal: Opportunity, since: datetime, **otherwise: object) -> Standing:
    """How a new deal stands from an instant on; `otherwise` names what was not yet as it is."""
    columns: dict[str, Any] = _columns({name: getattr(deal, name) for name in (*COUNTED, "base_minor")}) | otherwise
    about: dict[str, Any] = {"organization_id": deal.organization_id, "opportunity_id": deal.id}  # type: ignore[attr-defined]  # the key's column, which Tortoise makes
    return Standing(**about, since=since, **columns)


def _columns(row: Mapping[str, object]) -> dict[str, Any]:
    return {name: row[name] for name in (*COUNTED, "base_minor")}
