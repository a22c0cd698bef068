"""The context of a request, which every resolver can read: the viewer, the time and the loaders."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import strawberry
from graphql import DocumentNode, GraphQLError

from schema.core.loaders import Loaders
from schema.execution.columns import Columns
from schema.execution.driver import Driver
from schema.execution.executor import Plans
from workflow.operations.core.context import Ctx
from workflow.operations.core.idempotency import IdempotentRequest
from workflow.operations.core.vault import Vault
from workflow.queries.events.subscribe import FeedDispatcher
from workflow.rules.permissions import Viewer

Reauthenticate = Callable[[], Awaitable[tuple[Viewer, datetime] | None]]
"""Returns the viewer of the request's credentials and the time, both as of now; None if they ended."""

MAX_ROWS = 20_000
"""The rows that all lists of one response may have together."""


async def _never_reauthenticated() -> None:
    """Return None: only subscriptions live long enough to authenticate again."""


@dataclass
class RequestContext:
    """The state of one request."""

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
    driver: Driver = field(default_factory=Driver)
    plans: Plans = field(default_factory=dict)
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.viewer, self.now, self.driver)

    def operation_context(self) -> Ctx:
        """Return the context of an operation, and drop all loaded rows: the operation may change them."""
        loaders = self.reset_loaders()
        return Ctx(
            written_rows=loaders.written_rows,
            viewer=self.viewer,
            now=self.now,
            request_id=self.request_id,
            idempotency=self.idempotency_record,
            vault=self.vault,
            private_webhooks=self.private_webhooks,
        )

    async def today(self) -> date:
        """Return the calendar day in the organization's time zone."""
        return self.now.astimezone(ZoneInfo((await self.loaders.organization()).time_zone)).date()

    async def refresh_viewer(self) -> bool:
        """Authenticate again and drop all loaded rows; return False if the credentials have ended."""
        viewer_and_time = await self.reauthenticate()
        if viewer_and_time is not None:
            self.viewer, self.now = viewer_and_time
            self.reset()
        return viewer_and_time is not None

    def count_rows_of_lists(self, rows: int) -> bool:
        """Add the rows of several lists; return False and add none if `count_rows` would raise."""
        fits = self.row_count + rows <= MAX_ROWS and not self.timed_out()
        self.row_count += rows if fits else 0
        return fits

    def count_rows(self, rows: int) -> None:
        """Add the rows of one list; raise if the response has too many, or if the time is over."""
        self.row_count += rows
        if self.row_count > MAX_ROWS:
            message = (
                f"The response has more than {MAX_ROWS:,} rows in its lists. "
                "Ask for fewer with `first`, or for fewer lists inside lists."
            )
            raise GraphQLError(message, extensions={"code": "QUERY_TOO_COMPLEX"})
        if self.timed_out():
            raise GraphQLError("The request took too long and was stopped.", extensions={"code": "TIMEOUT"})

    def close(self) -> None:
        """Drop all loaded rows at the end of the request."""
        self.loaders.close()

    def select_columns(self, columns: Columns | None) -> None:
        """Read only these columns of each class of rows from now on; all columns if None."""
        self.loaders.columns = columns

    def reset(self) -> None:
        """Begin another response of a subscription: drop the loaded rows and the count."""
        self.row_count = 0
        self.reset_loaders()

    def reset_loaders(self) -> Loaders:
        """Replace the loaders by empty ones, and return them."""
        self.loaders = Loaders(self.viewer, self.now, self.driver)
        return self.loaders


Info = strawberry.Info[RequestContext, None]
