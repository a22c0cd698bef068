"""Who asks: the Authorization header as a viewer, and never a fall back to anonymous."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from api.auth.oidc import TokenRefused, Tokens
from workflow.operations.people.sign_in import Vouched, sign_in
from workflow.queries.people.credentials import viewer_of
from workflow.rules.errors import PermissionDenied
from workflow.rules.permissions import Viewer

logger = logging.getLogger("pursuit.oidc")

API_KEY = "pur_"
"""How an API key begins; whatever begins otherwise is a token, where tokens are taken."""
END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class TokenDoor:
    """Lets in whom the issuer vouches for; `role_claim` tells the role of somebody new, where it is set."""

    tokens: Tokens
    role_claim: str | None

    async def admit(self, token: str, now: datetime, request_id: str) -> "Admitted | None":
        """The member whom the token names; none, with the reason in the log alone, where it is not good."""
        try:
            claims = await self.tokens.claims(token, now)
            person = Vouched(
                email=claims.get("email"),
                email_verified=claims.get("email_verified"),
                name=claims.get("name"),
                role=claims.get(self.role_claim) if self.role_claim else None,
            )
            viewer = await sign_in(person, now=now, request_id=request_id)
            return Admitted(viewer, datetime.fromtimestamp(min(claims["exp"], END_OF_TIME), UTC))
        except (TokenRefused, PermissionDenied) as refused:
            logger.info("a token was refused: %s", refused, extra={"request_id": request_id})
            return None


@dataclass(frozen=True)
class Admitted:
    """Who was let in, and, by a token, until when."""

    viewer: Viewer
    until: datetime | None = None


@dataclass(frozen=True)
class Credential:
    """What a request or a socket came with; it is asked again while they last, for what it stands for may end or change."""

    text: str | None
    door: TokenDoor | None
    request_id: str

    async def admitted(self, now: datetime) -> Admitted | None:
        """Who it stands for now; none where there is none, or a wrong or an ended one."""
        if self.text is None:
            return None
        if self.door is not None and not self.text.startswith(API_KEY):
            return await self.door.admit(self.text, now, self.request_id)
        viewer = await viewer_of(self.text, now)
        return Admitted(viewer) if viewer else None


def bearer(headers: Sequence[object]) -> str | None:
    """The credential of an Authorization header; none where there is none, another scheme, or more than one header."""
    if len(headers) != 1 or not isinstance(headers[0], str):
        return None
    scheme, _, credential = headers[0].strip().partition(" ")
    credential = credential.strip()
    return credential if scheme.lower() == "bearer" and credential.isascii() and credential else None
