"""Verification of tokens: the signature of the issuer, the audience and the lifetime."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode

from api.auth.issuer import Issuer

MAX_TOKEN_BYTES = 8192
LEEWAY_SECONDS = 30
"""Tolerated difference between the issuer's clock and ours."""
TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"}
)
"""Asymmetric algorithms only: a key that verifies a signature cannot create one."""
TOKEN_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
FORBIDDEN_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc"})
"""Forbidden parameters of a header: keys or their addresses, and changes of how the token is read."""


class TokenError(Exception):
    """The reason why a token is refused, without the token itself."""


@dataclass(frozen=True)
class TokenVerifier:
    """Verifies the tokens of one issuer for one audience."""

    issuer: Issuer
    audience: str

    async def verify(self, token: str, now: datetime) -> Mapping[str, Any]:  # Any: a JSON value
        """Return the claims of a valid token; raise TokenError otherwise."""
        if len(token) > MAX_TOKEN_BYTES:
            raise TokenError(f"it has {len(token):,} characters; the maximum is {MAX_TOKEN_BYTES:,}")
        if not TOKEN_PATTERN.fullmatch(token):
            raise TokenError("it is neither an API key nor three parts in base64url")
        kid = _key_id(_decode_header(token.partition(".")[0]))
        key = await self.issuer.key(kid)
        if key is None:
            raise TokenError(f"the issuer has no key {kid[:64]!r}")
        try:
            claims = jwt.decode(token, key, registry=_FixedAlgorithms(strict_check_header=False)).claims
            self._required_claims(now).validate(claims)
        except (JoseError, ValueError, RecursionError) as problem:
            raise TokenError(str(problem)) from None
        return claims

    def _required_claims(self, now: datetime) -> JWTClaimsRegistry:
        return JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer.address},
            aud={"essential": True, "value": self.audience},
            exp={"essential": True},
        )


class _FixedAlgorithms(JWSRegistry):
    """Allows only ALGORITHMS, whatever the library recommends."""

    def get_alg(self, name: str) -> Any:  # Any: the library's model of an algorithm, which it does not export
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError("the algorithm is not allowed")
        return self.algorithms[name]


def _decode_header(part: str) -> dict[str, Any]:
    try:
        header = json.loads(urlsafe_b64decode(part.encode()))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise TokenError("its header is not a JSON object")
    return header


def _key_id(header: dict[str, Any]) -> str:
    """Return the id of the signing key after a check of the other parameters of the header."""
    if forbidden := sorted(FORBIDDEN_HEADERS & header.keys()):
        raise TokenError(f"its header contains {', '.join(forbidden)}")
    algorithm = header.get("alg")
    kind = header.get("typ", "JWT")
    kid = header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenError("its algorithm (alg) is not allowed")
    if not isinstance(kind, str) or kind.lower() not in TOKEN_TYPES:
        raise TokenError("its type (typ) is not allowed")
    if not isinstance(kid, str) or not kid:
        raise TokenError("it has no key id (kid)")
    return kid
