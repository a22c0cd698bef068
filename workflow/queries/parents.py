"""From a part to its deal: a part is visible if its deal is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.expressions import Subquery
from tortoise.models import Model

from workflow.models import Activity, Alert, Competitor, Milestone, Mitigation, Risk, Stakeholder, Transition
from workflow.queries.scope import visible
from workflow.rules.errors import NotFoundError
from workflow.rules.permissions import Viewer


@dataclass(frozen=True, slots=True)
class PartTable:
    """A table of parts, and the column with the id of the deal."""

    table: type[Model]
    deal_column: str = "opportunity_id"


PART_TABLES: Mapping[str, PartTable] = {
    "Stakeholder": PartTable(Stakeholder),
    "Competitor": PartTable(Competitor),
    "Risk": PartTable(Risk),
    "Mitigation": PartTable(Mitigation, "risk__opportunity_id"),
    "Milestone": PartTable(Milestone),
    "Activity": PartTable(Activity),
    "Transition": PartTable(Transition),
    "Alert": PartTable(Alert),
}


async def parent_deals(viewer: Viewer, kind: str, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return the visible deal of each part; two statements."""
    part_table = PART_TABLES[kind]
    found = await part_table.table.filter(organization_id=viewer.organization_id, id__in=list(ids)).values(
        "id", part_table.deal_column
    )
    visible_ids = set(
        await visible(viewer)
        .filter(id__in=[part[part_table.deal_column] for part in found])
        .values_list("id", flat=True)
    )
    return {
        part["id"]: part[part_table.deal_column]
        for part in found
        if part[part_table.deal_column] in visible_ids
    }


async def parent_deal(viewer: Viewer, kind: str, id: UUID) -> UUID:
    """Return the visible deal of a part; one statement.

    Raise NotFoundError if the part does not exist or its deal is not visible.
    """
    part_table = PART_TABLES[kind]
    parts = part_table.table.filter(organization_id=viewer.organization_id, id=id)
    deals = visible(viewer).filter(id__in=Subquery(parts.values(part_table.deal_column)))
    found: list[Any] = await deals.values_list("id", flat=True)
    if not found:
        raise NotFoundError(kind, id)
    deal_id: UUID = found[0]
    return deal_id
