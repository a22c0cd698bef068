"""Who asks: the Authorization header as a viewer, and never a fall back to anonymous."""

import logging
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from api.oidc import TokenRefused, Tokens
from workflow.operations.signing_in import Vouched, sign_in
from workflow.queries.credentials import viewer_of
from workflow.rules.errors import PermissionDenied
from workflow.rules.permissions import Viewer

logger = logging.getLogger("pursuit.oidc")

API_KEY = "pur_"
"""How an API key begins; whatever begins otherwise is a token, where tokens are taken."""


@dataclass(frozen=True)
class TokenDoor:
    """Lets in whom the issuer vouches for; `role_claim` tells the role of somebody new, where it is set."""

    tokens: Tokens
    role_claim: str | None

    async def viewer(self, token: str, now: datetime, request_id: str) -> Viewer | None:
        """The member whom the token names; none, with the reason in the log alone, where it is not good."""
        try:
            claims = await self.tokens.claims(token, now)
            person = Vouched(
                email=claims.get("email"),
                email_verified=claims.get("email_verified"),
                name=claims.get("name"),
                role=claims.get(self.role_claim) if self.role_claim else None,
            )
            return await sign_in(person, now=now, request_id=request_id)
        except (TokenRefused, PermissionDenied) as refused:
            logger.info("a token was refused: %s", refused, extra={"request_id": request_id})
            return None


async def viewer_of_request(request: Request, now: datetime, door: TokenDoor | None = None) -> Viewer | None:
    """The viewer of the request's key or token, or none where there is none, a wrong one, or two."""
    headers = request.headers.getlist("authorization")
    if len(headers) != 1:
        return None
    scheme, _, credential = headers[0].strip().partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential or not credential.isascii():
        return None
    if door is None or credential.startswith(API_KEY):
        return await viewer_of(credential, now)
    return await door.viewer(credential, now, request.state.request_id)
