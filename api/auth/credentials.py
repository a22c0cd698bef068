"""Authentication: the viewer of an Authorization header, by API key or token; never anonymous."""

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
"""Prefix of every API key; any other credential is a token, if the server accepts tokens."""
MAX_TIMESTAMP = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class TokenAuthenticator:
    """Authenticates members by tokens of an issuer; `role_claim` has the role of new members."""

    verifier: TokenVerifier
    role_claim: str | None

    async def authenticate(self, token: str, now: datetime, request_id: str) -> "AuthenticatedViewer | None":
        """Return the member of a token, or None if it is refused; only the log has the reason."""
        try:
            claims = await self.verifier.verify(token, now)
            identity = IdentityClaims(
                email=claims.get("email"),
                email_verified=claims.get("email_verified"),
                name=claims.get("name"),
                role=claims.get(self.role_claim) if self.role_claim else None,
            )
            viewer = await sign_in(identity, now=now, request_id=request_id)
            # An issuer may write any number; a later year than 9999 is not a datetime.
            return AuthenticatedViewer(viewer, datetime.fromtimestamp(min(claims["exp"], MAX_TIMESTAMP), UTC))
        except (TokenError, PermissionDeniedError) as refusal:
            logger.info("token refused: %s", refusal, extra={"request_id": request_id})
            return None


@dataclass(frozen=True)
class AuthenticatedViewer:
    """An authenticated viewer and, with a token, when it expires."""

    viewer: Viewer
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Credential:
    """The credential of a request or a socket, which can be authenticated again while it lasts."""

    text: str | None
    authenticator: TokenAuthenticator | None
    request_id: str

    async def authenticate(self, now: datetime) -> AuthenticatedViewer | None:
        """Return the viewer, or None if the credential is missing, wrong, expired or revoked."""
        if self.text is None:
            return None
        if self.authenticator is not None and not self.text.startswith(API_KEY_PREFIX):
            return await self.authenticator.authenticate(self.text, now, self.request_id)
        viewer = await authenticate_api_key(self.text, now)
        return AuthenticatedViewer(viewer) if viewer else None


def bearer(headers: Sequence[object]) -> str | None:
    """Return the credential of the one Authorization header with the scheme Bearer, or None."""
    if len(headers) != 1 or not isinstance(headers[0], str):
        return None
    scheme, _, credential = headers[0].strip().partition(" ")
    credential = credential.strip()
    return credential if scheme.lower() == "bearer" and credential.isascii() and credential else None
