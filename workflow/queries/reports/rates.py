"""Exchange rates as plain rows; one statement for each read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from workflow.models import ExchangeRate
from workflow.queries.columns import column_names
from workflow.rules.permissions import Viewer


@dataclass(frozen=True, slots=True)
class RateRow:
    """An exchange rate as stored: units of base currency for one unit of `currency`."""

    id: UUID
    currency: str
    rate: Decimal
    valid_from: date


async def rates(viewer: Viewer, currencies: Collection[str] | None) -> list[RateRow]:
    """Return the rates of these currencies, or of all if None, ordered by currency and day."""
    found = ExchangeRate.filter(organization_id=viewer.organization_id).order_by("currency", "valid_from")
    known = [RateRow(**record) for record in await found.values(*column_names(RateRow))]
    return [rate for rate in known if currencies is None or rate.currency in currencies]


async def rates_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, RateRow]:
    """Return the rates with these ids."""
    found = ExchangeRate.filter(organization_id=viewer.organization_id, id__in=list(ids))
    return {record["id"]: RateRow(**record) for record in await found.values(*column_names(RateRow))}
