"""Tokens of the issuer: whether one is the issuer's own, meant for us, and of now."""

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
"""Seconds by which the issuer's clock and ours may differ."""
TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"}
)
"""Signatures by a private key alone: whoever can verify one cannot make one."""
TOKEN_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
FORBIDDEN_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc"})
"""What a header may not hold: keys of its own or the way to them, and words that change how a token is read."""


class TokenError(Exception):
    """Why a token is not taken; never the token itself."""


@dataclass(frozen=True)
class TokenVerifier:
    """The tokens of one issuer that are meant for an audience."""

    issuer: Issuer
    audience: str

    async def verify(self, token: str, now: datetime) -> Mapping[str, Any]:  # Any: a JSON value
        """What the token says, once it is known to be the issuer's, for us and of now; raises TokenRefused."""
        if len(token) > MAX_TOKEN_BYTES:
            raise TokenError(f"it has {len(token):,} characters, and at most {MAX_TOKEN_BYTES:,} are read")
        if not TOKEN_PATTERN.fullmatch(token):
            raise TokenError("it is no API key, and not three parts of base64url")
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
    """Knows the algorithms of the table and no other, whatever the library recommends."""

    def get_alg(self, name: str) -> Any:  # Any: the library's model of an algorithm, which it does not export
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError("The algorithm is not one of the table")
        return self.algorithms[name]


def _decode_header(part: str) -> dict[str, Any]:
    try:
        header = json.loads(urlsafe_b64decode(part.encode()))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise TokenError("its header is no JSON object")
    return header


def _key_id(header: dict[str, Any]) -> str:
    """The id of the key that is to have signed; everything else in the header has to be harmless."""
    if forbidden := sorted(FORBIDDEN_HEADERS & header.keys()):
        raise TokenError(f"its header holds {', '.join(forbidden)}")
    algorithm, kind, kid = header.get("alg"), header.get("typ", "JWT"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenError("its algorithm is none of those that are taken")
    if not isinstance(kind, str) or kind.lower() not in TOKEN_TYPES:
        raise TokenError("it is a token for something else (typ)")
    if not isinstance(kid, str) or not kid:
        raise TokenError("it names no key (kid)")
    return kid
