"""The OpenID Connect issuer: its discovery document and its public keys, fetched rarely and cached."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.util import base64_to_int

from api.config.setting_values import is_secure_address

logger = logging.getLogger("pursuit.oidc")

MIN_FETCH_INTERVAL = 60.0
"""Minimum seconds between two fetches, so that tokens with invented key ids cannot cause many."""
MAX_KEY_AGE = 600.0
"""Seconds after which keys are fetched again, so that a withdrawn key is no longer accepted."""
FETCH_TIMEOUT = 5.0
"""Maximum seconds of a fetch."""
MAX_DOCUMENT_BYTES = 256 * 1024
"""Maximum bytes of a document of the issuer."""
DISCOVERY_PATH = "/.well-known/openid-configuration"
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "pursuit"}
MIN_RSA_BITS = 2048
PUBLIC_PARTS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
"""The parameters that verify a signature, by key type; all others, such as private ones, are ignored."""

Key = RSAKey | ECKey | OKPKey
KEY_TYPES: Mapping[str, type[Key]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


class IssuerError(Exception):
    """A reason why the issuer's keys cannot be read, with its remedy."""

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(fault)
        self.remedy = remedy


class Issuer:
    """An issuer and its cached keys; `clock` returns seconds."""

    def __init__(self, address: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.address = address
        self._clock = clock
        self._client = httpx.AsyncClient(follow_redirects=False, timeout=FETCH_TIMEOUT, headers=HEADERS)
        self._keys: Mapping[str, Key] = {}
        self._attempted_at: float | None = None
        self._fetched_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> Key | None:
        """Return the key with an id, or None; fetch the keys if the id is unknown or the cache is old."""
        if kid not in self._keys or self._is_older(self._fetched_at, MAX_KEY_AGE):
            await self._refresh()
        return self._keys.get(kid)

    async def fetch_keys(self) -> Mapping[str, Key]:
        """Fetch the issuer's current keys by id; raise IssuerError if that fails."""
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                discovery = await self._fetch_json(self.address.rstrip("/") + DISCOVERY_PATH)
                return parse_jwks(await self._fetch_json(self._jwks_uri(discovery)))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as problem:
            raise IssuerError(
                f"{self.address} does not answer: {str(problem) or type(problem).__name__}",
                "Check PURSUIT_OIDC_ISSUER, the network between this machine and the issuer, "
                "and its certificate.",
            ) from problem

    async def close(self) -> None:
        """Cancel a fetch in progress and close the connections."""
        if self._fetching is not None:
            self._fetching.cancel()
        await self._client.aclose()

    async def _refresh(self) -> None:
        """Wait for the fetch in progress, or start one unless the last was too recent."""
        if self._fetching is None:
            if not self._is_older(self._attempted_at, MIN_FETCH_INTERVAL):
                return
            self._attempted_at = self._clock()
            self._fetching = asyncio.create_task(self._fetch())
        # Shielded: several requests wait for this fetch, and one of them may be cancelled.
        await asyncio.shield(self._fetching)

    async def _fetch(self) -> None:
        try:
            self._keys = await self.fetch_keys()
            self._fetched_at = self._clock()
        except IssuerError as fault:
            logger.warning(
                "keys of the issuer not fetched, cached ones stay valid: %s. %s", fault, fault.remedy
            )
        finally:
            self._fetching = None

    def _is_older(self, moment: float | None, seconds: float) -> bool:
        return moment is None or self._clock() - moment >= seconds

    def _jwks_uri(self, discovery: object) -> str:
        """Return the address of the keys; raise IssuerError if the document is another issuer's."""
        issuer = discovery.get("issuer") if isinstance(discovery, dict) else None
        if not isinstance(discovery, dict) or issuer != self.address:
            raise IssuerError(
                f"the discovery document of {self.address} names the issuer {str(issuer)[:255]!r}",
                "Set PURSUIT_OIDC_ISSUER to exactly the `issuer` of that document, "
                "including a trailing slash.",
            )
        address = discovery.get("jwks_uri")
        if not isinstance(address, str) or not self._is_allowed_jwks_uri(address):
            raise IssuerError(
                f"the discovery document of {self.address} has no https address as its jwks_uri",
                "Configure the issuer to publish the address of its keys.",
            )
        return address

    def _is_allowed_jwks_uri(self, address: str) -> bool:
        """Allow https, and http on this machine if the issuer itself uses it."""
        return is_secure_address(address) and (
            address.startswith("https:") or self.address.startswith("http:")
        )

    async def _fetch_json(self, address: str) -> object:
        body = bytearray()
        async with self._client.stream("GET", address) as response:
            if response.status_code != 200:
                raise _document_error(address, f"responds with status {response.status_code}")
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_DOCUMENT_BYTES:
                    raise _document_error(address, f"is larger than {MAX_DOCUMENT_BYTES:,} bytes")
        try:
            document: object = json.loads(body)
        except (ValueError, RecursionError):
            raise _document_error(address, "is not JSON") from None
        return document


def _document_error(address: str, fault: str) -> IssuerError:
    return IssuerError(f"{address} {fault}", "Check PURSUIT_OIDC_ISSUER; redirects are not followed.")


def parse_jwks(document: object) -> dict[str, Key]:
    """Return the usable keys of a JWKS document by id; of two with the same id, the first."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise IssuerError(
            "the jwks_uri of the issuer is not a JWKS document", "Check what the issuer serves there."
        )
    found: dict[str, Key] = {}
    for jwk in listed:
        key = _parse_jwk(jwk) if isinstance(jwk, dict) else None
        if key is not None:
            found.setdefault(jwk["kid"], key)
    return found


def _parse_jwk(jwk: dict[str, Any]) -> Key | None:
    """Return a public key for signatures, or None if it has no id, another use, is weak or unsupported."""
    kid = jwk.get("kid")
    kind = jwk.get("kty")
    if not isinstance(kid, str) or not kid or jwk.get("use", "sig") != "sig":
        return None
    if not isinstance(kind, str) or kind not in KEY_TYPES:
        return None
    names = ("kty", "kid", "use", "alg", "key_ops", *PUBLIC_PARTS[kind])
    try:
        if kind == "RSA" and base64_to_int(jwk["n"]).bit_length() < MIN_RSA_BITS:
            return None
        return KEY_TYPES[kind].import_key({name: jwk[name] for name in names if name in jwk})
    except (JoseError, ValueError, TypeError, KeyError):
        return None
