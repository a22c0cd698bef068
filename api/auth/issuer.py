"""The issuer of tokens: what it says of itself and the public keys it signs with, fetched seldom and kept."""

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
"""Seconds between two fetches at the least, whatever tokens ask for."""
MAX_KEY_AGE = 600.0
"""Seconds after which keys are fetched anew, so that one that the issuer has withdrawn counts no longer."""
FETCH_TIMEOUT = 5.0
"""Seconds that a fetch may take."""
MAX_DOCUMENT_BYTES = 256 * 1024
"""Bytes that a document of the issuer may have."""
DISCOVERY_PATH = "/.well-known/openid-configuration"
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "pursuit"}
MIN_RSA_BITS = 2048
PUBLIC_PARTS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
"""The parts of a key that verifying takes, by its kind; a private or a shared key's others are never looked at."""

Key = RSAKey | ECKey | OKPKey
KEY_TYPES: Mapping[str, type[Key]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


class IssuerError(Exception):
    """What keeps the issuer's keys from being read, and what to do about it."""

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(fault)
        self.remedy = remedy


class Issuer:
    """One issuer, known by its address; `clock` counts seconds."""

    def __init__(self, address: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.address = address
        self._clock = clock
        self._client = httpx.AsyncClient(follow_redirects=False, timeout=FETCH_TIMEOUT, headers=HEADERS)
        self._keys: Mapping[str, Key] = {}
        self._attempted_at: float | None = None
        self._fetched_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> Key | None:
        """The key of that id; one that is not known yet is looked for, but no sooner than FLOOR after the last time."""
        if kid not in self._keys or self._is_older(self._fetched_at, MAX_KEY_AGE):
            await self._refresh()
        return self._keys.get(kid)

    async def fetch_keys(self) -> Mapping[str, Key]:
        """The keys that the issuer signs with now, by their ids; raises IssuerFault."""
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                discovery = await self._fetch_json(self.address.rstrip("/") + DISCOVERY_PATH)
                return parse_jwks(await self._fetch_json(self._jwks_uri(discovery)))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as problem:
            raise IssuerError(
                f"{self.address} does not answer: {str(problem) or type(problem).__name__}",
                "Check PURSUIT_OIDC_ISSUER, the way to it from this machine, and its certificate.",
            ) from problem

    async def close(self) -> None:
        """Let go of what is open."""
        if self._fetching is not None:
            self._fetching.cancel()
        await self._client.aclose()

    async def _refresh(self) -> None:
        """Wait for the fetch under way, or for one of our own where the floor allows it; whoever leaves leaves it running."""
        if self._fetching is None:
            if not self._is_older(self._attempted_at, MIN_FETCH_INTERVAL):
                return
            self._attempted_at = self._clock()
            self._fetching = asyncio.create_task(self._fetch())
        await asyncio.shield(self._fetching)

    async def _fetch(self) -> None:
        try:
            self._keys = await self.fetch_keys()
            self._fetched_at = self._clock()
        except IssuerError as fault:
            logger.warning("the issuer's keys were not read, and those known before go on: %s. %s", fault, fault.remedy)
        finally:
            self._fetching = None

    def _is_older(self, moment: float | None, seconds: float) -> bool:
        return moment is None or self._clock() - moment >= seconds

    def _jwks_uri(self, discovery: object) -> str:
        """Where the discovery document says that the keys are; it has to be this issuer's own."""
        issuer = discovery.get("issuer") if isinstance(discovery, dict) else None
        if not isinstance(discovery, dict) or issuer != self.address:
            raise IssuerError(
                f"the discovery document of {self.address} names the issuer {str(issuer)[:255]!r}",
                "Set PURSUIT_OIDC_ISSUER exactly as that document writes it, to the last slash.",
            )
        address = discovery.get("jwks_uri")
        if not isinstance(address, str) or not self._is_allowed_jwks_uri(address):
            raise IssuerError(
                f"the discovery document of {self.address} names no https address of keys (jwks_uri)",
                "Let the issuer tell its keys' address; Pursuit takes keys from nowhere else.",
            )
        return address

    def _is_allowed_jwks_uri(self, address: str) -> bool:
        """Keys come by https; from this machine by http only where the issuer is here too."""
        return is_secure_address(address) and (address.startswith("https:") or self.address.startswith("http:"))

    async def _fetch_json(self, address: str) -> object:
        body = bytearray()
        async with self._client.stream("GET", address) as response:
            if response.status_code != 200:
                raise _document_error(address, f"is answered with the status {response.status_code}")
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_DOCUMENT_BYTES:
                    raise _document_error(address, f"is larger than {MAX_DOCUMENT_BYTES:,} bytes")
        try:
            document: object = json.loads(body)
        except (ValueError, RecursionError):
            raise _document_error(address, "is no JSON") from None
        return document


def _document_error(address: str, fault: str) -> IssuerError:
    return IssuerError(f"{address} {fault}", "Check PURSUIT_OIDC_ISSUER; redirects are not followed.")


def parse_jwks(document: object) -> dict[str, Key]:
    """The keys of a JWKS document that can verify a token, by their ids; the first where two have the same."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise IssuerError("the issuer's keys are no JWKS document", "Check what the issuer serves as its jwks_uri.")
    found: dict[str, Key] = {}
    for jwk in listed:
        key = _parse_jwk(jwk) if isinstance(jwk, dict) else None
        if key is not None:
            found.setdefault(jwk["kid"], key)
    return found


def _parse_jwk(jwk: dict[str, Any]) -> Key | None:
    """A public key for signatures; none where it has no id, is for something else, is weak or is not understood."""
    kid, kind = jwk.get("kid"), jwk.get("kty")
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
