"""The context passed to every operation: viewer, time, source, request id, idempotency record and secrets."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from workflow.operations.core.idempotency import IdempotentRequest
from workflow.operations.core.vault import Vault
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import ActorKind, Role, TransitionSource
from workflow.rules.permissions import Viewer


@dataclass(frozen=True, slots=True)
class Ctx:
    """The context of one request, command or sweep. No other part of an operation reads a clock."""

    viewer: Viewer
    now: datetime
    source: TransitionSource = TransitionSource.API
    request_id: str | None = None
    idempotency: IdempotentRequest | None = None
    vault: Vault = field(default_factory=Vault)
    written_rows: dict[UUID, OpportunityRow] = field(default_factory=dict)
    """Rows of deals as they were committed, so that the answer need not read them again."""
    private_webhooks: bool = False

    def today(self, time_zone: str) -> date:
        """Return the calendar day in a time zone, usually the organization's."""
        return self.now.astimezone(ZoneInfo(time_zone)).date()

    def actor(self) -> dict[str, Any]:  # Any: columns of several kinds
        """Return the three columns that record who did something."""
        viewer = self.viewer
        return {"actor_kind": viewer.kind, "actor_name": viewer.name, "actor_member_id": viewer.member_id}


def system_viewer(organization_id: UUID) -> Viewer:
    """Return the viewer that stands for the product itself, in the worker and on the command line."""
    return Viewer(
        organization_id=organization_id,
        role=Role.ADMIN,
        member_id=None,
        name="Pursuit",
        kind=ActorKind.SYSTEM,
    )
