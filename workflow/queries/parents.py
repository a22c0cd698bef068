"""From a part to its deal: what hangs on a deal is seen where the deal is seen."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from tortoise.models import Model

from workflow.models import Activity, Alert, Competitor, Milestone, Mitigation, Risk, Stakeholder, Transition
from workflow.queries.scope import visible
from workflow.rules.errors import NotFound
from workflow.rules.permissions import Viewer


@dataclass(frozen=True, slots=True)
class Hook:
    """A table, and the column by which its rows hang on a deal."""

    table: type[Model]
    by: str = "opportunity_id"


HOOKS: Mapping[str, Hook] = {
    "Stakeholder": Hook(Stakeholder),
    "Competitor": Hook(Competitor),
    "Risk": Hook(Risk),
    "Mitigation": Hook(Mitigation, "risk__opportunity_id"),
    "Milestone": Hook(Milestone),
    "Activity": Hook(Activity),
    "Transition": Hook(Transition),
    "Alert": Hook(Alert),
}


async def deals_of(viewer: Viewer, kind: str, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The visible deal of each part; two statements."""
    hook = HOOKS[kind]
    found = await hook.table.filter(organization_id=viewer.organization_id, id__in=list(ids)).values("id", hook.by)
    seen = set(await visible(viewer).filter(id__in=[part[hook.by] for part in found]).values_list("id", flat=True))
    return {part["id"]: part[hook.by] for part in found if part[hook.by] in seen}


async def deal_of(viewer: Viewer, kind: str, id: UUID) -> UUID:
    """The visible deal that a part hangs on; NotFound where there is no such part, or its deal is out of sight."""
    found = await deals_of(viewer, kind, [id])
    if id not in found:
        raise NotFound(kind, id)
    return found[id]
