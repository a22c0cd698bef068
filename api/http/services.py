"""What the ways to the schema, HTTP, streams and sockets, share in one process."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.auth.credentials import Credential, TokenDoor
from api.config.settings import Settings
from api.http.execution import Execution
from api.http.session_watch import Presence
from schema.core.context import RequestContext
from workflow.operations.core.vault import Vault
from workflow.queries.events.subscribe import Tail
from workflow.rules.permissions import Viewer


@dataclass(frozen=True)
class Desk:
    """Settings, the execution, and who is in; the class of the database's absence is handed in, for api knows no models."""

    settings: Settings
    execution: Execution
    unavailable_as: type[Exception]
    door: TokenDoor | None
    vault: Vault
    presence: Presence = field(default_factory=Presence)
    tail: Tail = field(default_factory=Tail)

    def context(self, viewer: Viewer, now: datetime, credential: Credential) -> RequestContext:
        """What the resolvers of one operation are given."""

        async def let_in() -> tuple[Viewer, datetime] | None:
            now = datetime.now(UTC)
            admitted = await credential.admitted(now)
            return (admitted.viewer, now) if admitted else None

        return RequestContext(
            viewer=viewer,
            now=now,
            request_id=credential.request_id,
            tail=self.tail,
            vault=self.vault,
            private_webhooks=self.settings.webhook_allow_private,
            let_in=let_in,
        )

    async def close(self) -> None:
        """Nothing goes on after the last request."""
        await self.presence.close()
        await self.tail.close()
        if self.door is not None:
            await self.door.tokens.issuer.close()
