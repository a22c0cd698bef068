"""What the ways to the schema, HTTP, streams and sockets, share in one process."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.auth.credentials import Credential, TokenAuthenticator
from api.config.settings import Settings
from api.http.execution import Executor
from api.http.session_watch import SessionWatch
from schema.core.context import RequestContext
from workflow.operations.core.vault import Vault
from workflow.queries.events.subscribe import FeedDispatcher
from workflow.rules.permissions import Viewer


@dataclass(frozen=True)
class Services:
    """Settings, the execution, and who is in; the class of the database's absence is handed in, for api knows no models."""

    settings: Settings
    execution: Executor
    authenticator: TokenAuthenticator | None
    vault: Vault
    session_watch: SessionWatch = field(default_factory=SessionWatch)
    feed: FeedDispatcher = field(default_factory=FeedDispatcher)

    def request_context(self, viewer: Viewer, now: datetime, credential: Credential) -> RequestContext:
        """What the resolvers of one operation are given."""

        async def reauthenticate() -> tuple[Viewer, datetime] | None:
            now = datetime.now(UTC)
            admitted = await credential.authenticate(now)
            return (admitted.viewer, now) if admitted else None

        return RequestContext(
            viewer=viewer,
            now=now,
            request_id=credential.request_id,
            feed=self.feed,
            vault=self.vault,
            private_webhooks=self.settings.webhook_allow_private,
            reauthenticate=reauthenticate,
        )

    async def close(self) -> None:
        """Nothing goes on after the last request."""
        await self.session_watch.close()
        await self.feed.close()
        if self.authenticator is not None:
            await self.authenticator.verifier.issuer.close()
