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

from api.config.setting_values import confidential

logger = logging.getLogger("pursuit.oidc")

FLOOR = 60.0
"""Seconds between two fetches at the least, whatever tokens ask for."""
OLDEST = 600.0
"""Seconds after which keys are fetched anew, so that one that the issuer has withdrawn counts no longer."""
PATIENCE = 5.0
"""Seconds that a fetch may take."""
LARGEST = 256 * 1024
"""Bytes that a document of the issuer may have."""
DISCOVERY = "/.well-known/openid-configuration"
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "pursuit"}
LEAST_RSA_BITS = 2048
PUBLIC_PARTS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
"""The parts of a key that verifying takes, by its kind; a private or a shared key's others are never looked at."""

Key = RSAKey | ECKey | OKPKey
KINDS: Mapping[str, type[Key]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


class IssuerFault(Exception):
    """What keeps the issuer's keys from being read, and what to do about it."""

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(fault)
        self.remedy = remedy


class Issuer:
    """One issuer, known by its address; `clock` counts seconds."""

    def __init__(self, address: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.address = address
        self._clock = clock
        self._client = httpx.AsyncClient(follow_redirects=False, timeout=PATIENCE, headers=HEADERS)
        self._keys: Mapping[str, Key] = {}
        self._asked_at: float | None = None
        self._read_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def key(self, kid: str) -> Key | None:
        """The key of that id; one that is not known yet is looked for, but no sooner than FLOOR after the last time."""
        if kid not in self._keys or self._is_older(self._read_at, OLDEST):
            await self._renewed()
        return self._keys.get(kid)

    async def keys(self) -> Mapping[str, Key]:
        """The keys that the issuer signs with now, by their ids; raises IssuerFault."""
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._document(self.address.rstrip("/") + DISCOVERY)
                return usable(await self._document(self._keys_address(found)))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as problem:
            raise IssuerFault(
                f"{self.address} does not answer: {str(problem) or type(problem).__name__}",
                "Check PURSUIT_OIDC_ISSUER, the way to it from this machine, and its certificate.",
            ) from problem

    async def close(self) -> None:
        """Let go of what is open."""
        if self._fetching is not None:
            self._fetching.cancel()
        await self._client.aclose()

    async def _renewed(self) -> None:
        """Wait for the fetch under way, or for one of our own where the floor allows it; whoever leaves leaves it running."""
        if self._fetching is None:
            if not self._is_older(self._asked_at, FLOOR):
                return
            self._asked_at = self._clock()
            self._fetching = asyncio.create_task(self._fetch())
        await asyncio.shield(self._fetching)

    async def _fetch(self) -> None:
        try:
            self._keys = await self.keys()
            self._read_at = self._clock()
        except IssuerFault as fault:
            logger.warning("the issuer's keys were not read, and those known before go on: %s. %s", fault, fault.remedy)
        finally:
            self._fetching = None

    def _is_older(self, moment: float | None, seconds: float) -> bool:
        return moment is None or self._clock() - moment >= seconds

    def _keys_address(self, found: object) -> str:
        """Where the discovery document says that the keys are; it has to be this issuer's own."""
        named = found.get("issuer") if isinstance(found, dict) else None
        if not isinstance(found, dict) or named != self.address:
            raise IssuerFault(
                f"the discovery document of {self.address} names the issuer {str(named)[:255]!r}",
                "Set PURSUIT_OIDC_ISSUER exactly as that document writes it, to the last slash.",
            )
        address = found.get("jwks_uri")
        if not isinstance(address, str) or not self._may_lead_to(address):
            raise IssuerFault(
                f"the discovery document of {self.address} names no https address of keys (jwks_uri)",
                "Let the issuer tell its keys' address; Pursuit takes keys from nowhere else.",
            )
        return address

    def _may_lead_to(self, address: str) -> bool:
        """Keys come by https; from this machine by http only where the issuer is here too."""
        return confidential(address) and (address.startswith("https:") or self.address.startswith("http:"))

    async def _document(self, address: str) -> object:
        body = bytearray()
        async with self._client.stream("GET", address) as answer:
            if answer.status_code != 200:
                raise _no_document(address, f"is answered with the status {answer.status_code}")
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > LARGEST:
                    raise _no_document(address, f"is larger than {LARGEST:,} bytes")
        try:
            document: object = json.loads(body)
        except (ValueError, RecursionError):
            raise _no_document(address, "is no JSON") from None
        return document


def _no_document(address: str, fault: str) -> IssuerFault:
    return IssuerFault(f"{address} {fault}", "Check PURSUIT_OIDC_ISSUER; redirects are not followed.")


def usable(document: object) -> dict[str, Key]:
    """The keys of a JWKS document that can verify a token, by their ids; the first where two have the same."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise IssuerFault("the issuer's keys are no JWKS document", "Check what the issuer serves as its jwks_uri.")
    found: dict[str, Key] = {}
    for given in listed:
        key = _key(given) if isinstance(given, dict) else None
        if key is not None:
            found.setdefault(given["kid"], key)
    return found


def _key(given: dict[str, Any]) -> Key | None:
    """A public key for signatures; none where it has no id, is for something else, is weak or is not understood."""
    kid, kind = given.get("kid"), given.get("kty")
    if not isinstance(kid, str) or not kid or given.get("use", "sig") != "sig":
        return None
    if not isinstance(kind, str) or kind not in KINDS:
        return None
    names = ("kty", "kid", "use", "alg", "key_ops", *PUBLIC_PARTS[kind])
    try:
        if kind == "RSA" and base64_to_int(given["n"]).bit_length() < LEAST_RSA_BITS:
            return None
        return KINDS[kind].import_key({name: given[name] for name in names if name in given})
    except (JoseError, ValueError, TypeError, KeyError):
        return None
