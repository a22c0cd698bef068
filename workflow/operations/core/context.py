"""What every operation is told: who asks, when, by which way, and the request it belongs to."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from workflow.operations.core.idempotency import IdempotentRequest
from workflow.operations.core.vault import Vault
from workflow.rules.enums import ActorKind, Role, TransitionSource
from workflow.rules.permissions import Viewer


@dataclass(frozen=True, slots=True)
class Ctx:
    """Made once per request, command or sweep; nothing else reads a clock."""

    viewer: Viewer
    now: datetime
    source: TransitionSource = TransitionSource.API
    request_id: str | None = None
    idempotency: IdempotentRequest | None = None
    vault: Vault = field(default_factory=Vault)
    private_webhooks: bool = False

    def today(self, time_zone: str) -> date:
        """The organization's calendar day."""
        return self.now.astimezone(ZoneInfo(time_zone)).date()

    def actor(self) -> dict[str, Any]:  # Any: columns of several kinds
        """The three columns that say who did it."""
        viewer = self.viewer
        return {"actor_kind": viewer.kind, "actor_name": viewer.name, "actor_member_id": viewer.member_id}


def system_viewer(organization_id: UUID) -> Viewer:
    """The product itself, for worker and command line."""
    return Viewer(
        organization_id=organization_id, role=Role.ADMIN, member_id=None, name="Pursuit", kind=ActorKind.SYSTEM
    )
