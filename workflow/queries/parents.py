"""From a part to its deal: a part is visible if its deal is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
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
    """Return the visible deal of each part; one statement."""
    part_table = PART_TABLES[kind]
    parts = part_table.table.filter(organization_id=viewer.organization_id, id__in=list(ids))
    in_visible_deal = {f"{part_table.deal_column}__in": Subquery(visible(viewer).values("id"))}
    found = await parts.filter(**in_visible_deal).values("id", part_table.deal_column)
    return {part["id"]: part[part_table.deal_column] for part in found}


async def parent_deal(viewer: Viewer, kind: str, id: UUID) -> UUID:
    """Return the visible deal of a part.

    Raise NotFoundError if the part does not exist or its deal is not visible.
    """
    found = await parent_deals(viewer, kind, [id])
    if id not in found:
        raise NotFoundError(kind, id)
    return found[id]
