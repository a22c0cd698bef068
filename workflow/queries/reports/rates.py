"""Exchange rates as plain rows; one statement each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from workflow.models import ExchangeRate
from workflow.queries.people.people import column_names
from workflow.rules.permissions import Viewer


@dataclass(frozen=True, slots=True)
class RateRow:
    """A rate as stored: base currency per one unit."""

    id: UUID
    currency: str
    rate: Decimal
    valid_from: date


async def rates(viewer: Viewer, currencies: Collection[str] | None) -> list[RateRow]:
    """The rates of these currencies, of all where None, by currency and day."""
    found = ExchangeRate.filter(organization_id=viewer.organization_id).order_by("currency", "valid_from")
    known = [RateRow(**record) for record in await found.values(*column_names(RateRow))]
    return [rate for rate in known if currencies is None or rate.currency in currencies]


async def rates_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, RateRow]:
    """Rates by id."""
    found = ExchangeRate.filter(organization_id=viewer.organization_id, id__in=list(ids))
    return {record["id"]: RateRow(**record) for record in await found.values(*column_names(RateRow))}
