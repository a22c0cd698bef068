"""The people of a purchase as plain rows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import Stakeholder
from workflow.queries.people import columns
from workflow.rules.permissions import Viewer
from workflow.rules.states import Attitude, BuyingRole, BuyingStyle, Influence


@dataclass(frozen=True, slots=True)
class StakeholderRow:
    """A stakeholder as stored."""

    id: UUID
    opportunity_id: UUID
    contact_id: UUID
    roles: tuple[BuyingRole, ...]
    influence: Influence
    attitude: Attitude
    buying_style: BuyingStyle
    motivation: str | None
    is_primary: bool
    left_at: datetime | None

    @property
    def left(self) -> bool:
        """Whether they have left the buyer or the purchase."""
        return self.left_at is not None


async def stakeholders(viewer: Viewer, opportunity_ids: Collection[UUID]) -> dict[UUID, list[StakeholderRow]]:
    """The stakeholders of each deal in the order they were added; one statement."""
    found = Stakeholder.filter(
        organization_id=viewer.organization_id, opportunity_id__in=list(opportunity_ids)
    ).order_by("created_at", "id")
    grouped: dict[UUID, list[StakeholderRow]] = {id: [] for id in opportunity_ids}
    for record in await found.values(*columns(StakeholderRow)):
        grouped[record["opportunity_id"]].append(_stakeholder(record))
    return grouped


async def stakeholders_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, StakeholderRow]:
    """Stakeholders by id, whoever may see their deal; one statement."""
    found = await Stakeholder.filter(organization_id=viewer.organization_id, id__in=list(ids)).values(
        *columns(StakeholderRow)
    )
    return {record["id"]: _stakeholder(record) for record in found}


def _stakeholder(record: Mapping[str, Any]) -> StakeholderRow:
    return StakeholderRow(
        **{
            **record,
            "roles": tuple(BuyingRole(role) for role in record["roles"]),
            "influence": Influence(record["influence"]),
            "attitude": Attitude(record["attitude"]),
            "buying_style": BuyingStyle(record["buying_style"]),
        }
    )
