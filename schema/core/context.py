"""What every resolver is given: who asks, when, and the loaders of this one request."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import strawberry
from graphql import DocumentNode, GraphQLError

from schema.core.loaders import Loaders
from workflow.operations.core.context import Ctx
from workflow.operations.core.idempotency import IdempotentRequest
from workflow.operations.core.vault import Vault
from workflow.queries.events.subscribe import FeedDispatcher
from workflow.rules.permissions import Viewer

Reauthenticate = Callable[[], Awaitable[tuple[Viewer, datetime] | None]]
"""Whoever the request's credentials stand for now, and that now; none where they have ended."""


async def _never_reauthenticated() -> None:
    """A request that is over at once is not asked again."""


MAX_ROWS = 20_000
"""Rows in all lists of one answer."""


@dataclass
class RequestContext:
    """Made once for a request."""

    viewer: Viewer
    now: datetime
    request_id: str
    idempotency_record: IdempotentRequest | None = None
    document: DocumentNode | None = None
    timed_out: Callable[[], bool] = bool
    row_count: int = 0
    feed: FeedDispatcher = field(default_factory=FeedDispatcher)
    vault: Vault = field(default_factory=Vault)
    private_webhooks: bool = False
    reauthenticate: Reauthenticate = _never_reauthenticated
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.viewer, self.now)

    def operation_context(self) -> Ctx:
        """What an operation is told; what was read before it is forgotten."""
        self.reset_loaders()
        return Ctx(
            viewer=self.viewer,
            now=self.now,
            request_id=self.request_id,
            idempotency=self.idempotency_record,
            vault=self.vault,
            private_webhooks=self.private_webhooks,
        )

    async def today(self) -> date:
        """The organization's calendar day."""
        return self.now.astimezone(ZoneInfo((await self.loaders.organization()).time_zone)).date()

    async def refresh_viewer(self) -> bool:
        """Look again, now, as whoever the credentials stand for now; whether they are still let in."""
        viewer_and_time = await self.reauthenticate()
        if viewer_and_time is not None:
            self.viewer, self.now = viewer_and_time
            self.reset()
        return viewer_and_time is not None

    def count_rows(self, rows: int) -> None:
        """Count the rows of one list of the answer; raises where there are too many, or the time is over."""
        self.row_count += rows
        if self.row_count > MAX_ROWS:
            message = f"The answer has more than {MAX_ROWS:,} rows in its lists. Ask for fewer with `first`, or for fewer lists inside lists."
            raise GraphQLError(message, extensions={"code": "QUERY_TOO_COMPLEX"})
        if self.timed_out():
            raise GraphQLError("The request took too long and was ended.", extensions={"code": "TIMEOUT"})

    def reset(self) -> None:
        """One more answer of a subscription begins: nothing is remembered, and its rows are counted anew."""
        self.row_count = 0
        self.reset_loaders()

    def reset_loaders(self) -> Loaders:
        """Loaders that remember nothing."""
        self.loaders = Loaders(self.viewer, self.now)
        return self.loaders


Info = strawberry.Info[RequestContext, None]
