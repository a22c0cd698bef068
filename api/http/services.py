"""Components that HTTP requests, streams and WebSockets share in one process."""

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

SEND_TIMEOUT = 30.0
"""Seconds within which a client must receive a message, or its connection is closed."""


@dataclass(frozen=True)
class Services:
    """Settings, execution, authentication and the event feed of one process."""

    settings: Settings
    execution: Executor
    authenticator: TokenAuthenticator | None
    vault: Vault
    session_watch: SessionWatch = field(default_factory=SessionWatch)
    feed: FeedDispatcher = field(default_factory=FeedDispatcher)

    def request_context(self, viewer: Viewer, now: datetime, credential: Credential) -> RequestContext:
        """Build the context of one operation, whose resolvers can check the credential again."""

        async def reauthenticate() -> tuple[Viewer, datetime] | None:
            now = datetime.now(UTC)
            authenticated = await credential.authenticate(now)
            return (authenticated.viewer, now) if authenticated else None

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
        """Stop the background tasks and close the connections to the issuer."""
        await self.session_watch.close()
        await self.feed.close()
        if self.authenticator is not None:
            await self.authenticator.verifier.issuer.close()
