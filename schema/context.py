"""What every resolver is given: who asks, when, and the loaders of this one request."""

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import strawberry

from schema.loaders import Loaders
from workflow.operations.context import Ctx
from workflow.rules.permissions import Viewer


@dataclass
class RequestContext:
    """Made once for a request."""

    viewer: Viewer
    now: datetime
    request_id: str
    idempotency_key: str | None = None
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.viewer, self.now)

    def acting(self) -> Ctx:
        """What an operation is told; what was read before it is forgotten."""
        self.fresh()
        return Ctx(viewer=self.viewer, now=self.now, request_id=self.request_id, idempotency_key=self.idempotency_key)

    async def today(self) -> date:
        """The organization's calendar day."""
        return self.now.astimezone(ZoneInfo((await self.loaders.organization()).time_zone)).date()

    def fresh(self) -> Loaders:
        """Loaders that remember nothing."""
        self.loaders = Loaders(self.viewer, self.now)
        return self.loaders


Info = strawberry.Info[RequestContext, None]
