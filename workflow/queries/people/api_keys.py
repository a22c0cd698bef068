"""API keys as plain rows, only for admins and never with the hash of a secret.

One statement for each read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import ApiKey
from workflow.queries.actors import ACTOR_COLUMNS, actor_of
from workflow.rules.enums import Role
from workflow.rules.opportunity.parts import Actor
from workflow.rules.permissions import Action, Viewer, require_permission

KEY_COLUMNS = (
    "id",
    "name",
    "role",
    "member_id",
    "public_id",
    "created_at",
    "last_used_at",
    "expires_at",
    "points_per_minute",
    "revoked_at",
)


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """An API key as stored, without the hash of its secret."""

    id: UUID
    name: str
    role: Role
    member_id: UUID | None
    public_id: str
    created_by: Actor
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    points_per_minute: int | None
    revoked_at: datetime | None


async def api_keys(viewer: Viewer) -> list[ApiKeyRow]:
    """Return all keys in the order they were created.

    Raise PermissionDeniedError if the viewer is not an admin.
    """
    require_permission(viewer, Action.ADMINISTER, to="see API keys")
    found = ApiKey.filter(organization_id=viewer.organization_id).order_by("created_at", "id")
    return [_row(record) for record in await found.values(*KEY_COLUMNS, *ACTOR_COLUMNS)]


async def api_keys_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, ApiKeyRow]:
    """Return the keys with these ids, or none if the viewer is not an admin."""
    if not viewer.may(Action.ADMINISTER):
        return {}
    found = ApiKey.filter(organization_id=viewer.organization_id, id__in=list(ids))
    return {record["id"]: _row(record) for record in await found.values(*KEY_COLUMNS, *ACTOR_COLUMNS)}


def _row(record: Mapping[str, Any]) -> ApiKeyRow:
    values = {name: record[name] for name in KEY_COLUMNS}
    return ApiKeyRow(**{**values, "role": Role(record["role"])}, created_by=actor_of(record))
