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

MOST_BYTES = 8192
LEEWAY = 30
"""Seconds by which the issuer's clock and ours may differ."""
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"}
)
"""Signatures by a private key alone: whoever can verify one cannot make one."""
TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
ELSEWHERE = frozenset({"crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc"})
"""What a header may not hold: keys of its own or the way to them, and words that change how a token is read."""


class TokenRefused(Exception):
    """Why a token is not taken; never the token itself."""


@dataclass(frozen=True)
class Tokens:
    """The tokens of one issuer that are meant for an audience."""

    issuer: Issuer
    audience: str

    async def claims(self, token: str, now: datetime) -> Mapping[str, Any]:  # Any: a JSON value
        """What the token says, once it is known to be the issuer's, for us and of now; raises TokenRefused."""
        if len(token) > MOST_BYTES:
            raise TokenRefused(f"it has {len(token):,} characters, and at most {MOST_BYTES:,} are read")
        if not SHAPE.fullmatch(token):
            raise TokenRefused("it is no API key, and not three parts of base64url")
        kid = _kid(_header(token.partition(".")[0]))
        key = await self.issuer.key(kid)
        if key is None:
            raise TokenRefused(f"the issuer has no key {kid[:64]!r}")
        try:
            claims = jwt.decode(token, key, registry=_FixedAlgorithms(strict_check_header=False)).claims
            self._demands(now).validate(claims)
        except (JoseError, ValueError, RecursionError) as problem:
            raise TokenRefused(str(problem)) from None
        return claims

    def _demands(self, now: datetime) -> JWTClaimsRegistry:
        return JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY,
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


def _header(part: str) -> dict[str, Any]:
    try:
        header = json.loads(urlsafe_b64decode(part.encode()))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise TokenRefused("its header is no JSON object")
    return header


def _kid(header: dict[str, Any]) -> str:
    """The id of the key that is to have signed; everything else in the header has to be harmless."""
    if strange := sorted(ELSEWHERE & header.keys()):
        raise TokenRefused(f"its header holds {', '.join(strange)}")
    algorithm, kind, kid = header.get("alg"), header.get("typ", "JWT"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenRefused("its algorithm is none of those that are taken")
    if not isinstance(kind, str) or kind.lower() not in TYPES:
        raise TokenRefused("it is a token for something else (typ)")
    if not isinstance(kid, str) or not kid:
        raise TokenRefused("it names no key (kid)")
    return kid
