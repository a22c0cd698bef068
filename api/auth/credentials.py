"""Who asks: the Authorization header as a viewer, and never a fall back to anonymous."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from api.auth.oidc import TokenError, TokenVerifier
from workflow.operations.people.sign_in import IdentityClaims, sign_in
from workflow.queries.people.credentials import authenticate_api_key
from workflow.rules.errors import PermissionDeniedError
from workflow.rules.permissions import Viewer

logger = logging.getLogger("pursuit.oidc")

API_KEY_PREFIX = "pur_"
"""How an API key begins; whatever begins otherwise is a token, where tokens are taken."""
MAX_TIMESTAMP = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class TokenAuthenticator:
    """Lets in whom the issuer vouches for; `role_claim` tells the role of somebody new, where it is set."""

    verifier: TokenVerifier
    role_claim: str | None

    async def authenticate(self, token: str, now: datetime, request_id: str) -> "AuthenticatedViewer | None":
        """The member whom the token names; none, with the reason in the log alone, where it is not good."""
        try:
            claims = await self.verifier.verify(token, now)
            identity = IdentityClaims(
                email=claims.get("email"),
                email_verified=claims.get("email_verified"),
                name=claims.get("name"),
                role=claims.get(self.role_claim) if self.role_claim else None,
            )
            viewer = await sign_in(identity, now=now, request_id=request_id)
            return AuthenticatedViewer(viewer, datetime.fromtimestamp(min(claims["exp"], MAX_TIMESTAMP), UTC))
        except (TokenError, PermissionDeniedError) as refused:
            logger.info("a token was refused: %s", refused, extra={"request_id": request_id})
            return None


@dataclass(frozen=True)
class AuthenticatedViewer:
    """Who was let in, and, by a token, until when."""

    viewer: Viewer
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Credential:
    """What a request or a socket came with; it is asked again while they last, for what it stands for may end or change."""

    text: str | None
    authenticator: TokenAuthenticator | None
    request_id: str

    async def authenticate(self, now: datetime) -> AuthenticatedViewer | None:
        """Who it stands for now; none where there is none, or a wrong or an ended one."""
        if self.text is None:
            return None
        if self.authenticator is not None and not self.text.startswith(API_KEY_PREFIX):
            return await self.authenticator.authenticate(self.text, now, self.request_id)
        viewer = await authenticate_api_key(self.text, now)
        return AuthenticatedViewer(viewer) if viewer else None


def bearer(headers: Sequence[object]) -> str | None:
    """The credential of an Authorization header; none where there is none, another scheme, or more than one header."""
    if len(headers) != 1 or not isinstance(headers[0], str):
        return None
    scheme, _, credential = headers[0].strip().partition(" ")
    credential = credential.strip()
    return credential if scheme.lower() == "bearer" and credential.isascii() and credential else None
