"""What every resolver is given: who asks, when, and the loaders of this one request."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import strawberry
from graphql import DocumentNode, GraphQLError

from schema.core.loaders import Loaders
from workflow.operations.core.context import Ctx
from workflow.operations.core.idempotency import Receipt
from workflow.operations.core.vault import Vault
from workflow.queries.events.subscribe import Tail
from workflow.rules.permissions import Viewer

LetIn = Callable[[], Awaitable[tuple[Viewer, datetime] | None]]
"""Whoever the request's credentials stand for now, and that now; none where they have ended."""


async def _nobody() -> None:
    """A request that is over at once is not asked again."""


MOST_ROWS = 20_000
"""Rows in all lists of one answer."""


@dataclass
class RequestContext:
    """Made once for a request."""

    viewer: Viewer
    now: datetime
    request_id: str
    receipt: Receipt | None = None
    document: DocumentNode | None = None
    late: Callable[[], bool] = bool
    rows: int = 0
    tail: Tail = field(default_factory=Tail)
    vault: Vault = field(default_factory=Vault)
    private_webhooks: bool = False
    let_in: LetIn = _nobody
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.viewer, self.now)

    def acting(self) -> Ctx:
        """What an operation is told; what was read before it is forgotten."""
        self.fresh()
        return Ctx(
            viewer=self.viewer,
            now=self.now,
            request_id=self.request_id,
            receipt=self.receipt,
            vault=self.vault,
            private_webhooks=self.private_webhooks,
        )

    async def today(self) -> date:
        """The organization's calendar day."""
        return self.now.astimezone(ZoneInfo((await self.loaders.organization()).time_zone)).date()

    async def again(self) -> bool:
        """Look again, now, as whoever the credentials stand for now; whether they are still let in."""
        found = await self.let_in()
        if found is not None:
            self.viewer, self.now = found
            self.next_answer()
        return found is not None

    def listed(self, rows: int) -> None:
        """Count the rows of one list of the answer; raises where there are too many, or the time is over."""
        self.rows += rows
        if self.rows > MOST_ROWS:
            message = f"The answer has more than {MOST_ROWS:,} rows in its lists. Ask for fewer with `first`, or for fewer lists inside lists."
            raise GraphQLError(message, extensions={"code": "QUERY_TOO_COMPLEX"})
        if self.late():
            raise GraphQLError("The request took too long and was ended.", extensions={"code": "TIMEOUT"})

    def next_answer(self) -> None:
        """One more answer of a subscription begins: nothing is remembered, and its rows are counted anew."""
        self.rows = 0
        self.fresh()

    def fresh(self) -> Loaders:
        """Loaders that remember nothing."""
        self.loaders = Loaders(self.viewer, self.now)
        return self.loaders


Info = strawberry.Info[RequestContext, None]
