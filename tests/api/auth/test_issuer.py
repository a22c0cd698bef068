"""The issuer's documents over real HTTP: their checks, the fetches, and the effect of a fault."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc.jwk import OctKey
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from api.auth.issuer import MAX_DOCUMENT_BYTES, MAX_KEY_AGE, MIN_FETCH_INTERVAL, Issuer, IssuerError
from tests.support.tokens.forged import ENCRYPTION_KEY, RS256_KEY, SHARED_SECRET, WEAK_KEY
from tests.support.tokens.issuer import TestIssuer, new_key, running_issuer, serve_issuer

ONE_FETCH = ["discovery", "keys"]
"""The requests of one fetch."""


@dataclass
class ManualClock:
    """A clock that a test sets."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class CachedIssuer:
    """An issuer as Pursuit sees it, the issuer's server, and the clock."""

    issuer: Issuer
    server: TestIssuer
    clock: ManualClock

    async def knows(self, *kids: str | None) -> list[bool]:
        """Return for each id whether its key is found, one after the other."""
        return [await self.issuer.key(str(kid)) is not None for kid in kids]


@pytest.fixture
async def cached() -> AsyncIterator[CachedIssuer]:
    clock = ManualClock()
    async with running_issuer() as real:
        issuer = Issuer(real.address, clock=clock)
        yield CachedIssuer(issuer, real, clock)
        await issuer.close()


async def test_keys_are_fetched_on_first_use_and_cached(cached: CachedIssuer) -> None:
    [kid] = [key.kid for key in cached.server.keys]
    assert cached.server.requests == []

    assert await cached.knows(kid, kid) == [True, True]
    assert cached.server.requests == ONE_FETCH


async def test_a_new_key_is_fetched_when_a_token_names_it(cached: CachedIssuer) -> None:
    old = cached.server.keys[0].kid
    new = new_key()
    await cached.knows(old)
    cached.clock.now += MIN_FETCH_INTERVAL
    cached.server.keys[:] = [new]

    assert await cached.knows(new.kid, old) == [True, False]
    assert cached.server.requests == ONE_FETCH * 2


async def test_unknown_keys_are_fetched_at_most_once_per_minimum_interval(cached: CachedIssuer) -> None:
    await cached.knows(*(f"unknown {number}" for number in range(20)))
    cached.clock.now += MIN_FETCH_INTERVAL - 1
    await cached.knows(*(f"unknown {number}" for number in range(20)))
    assert cached.server.requests == ONE_FETCH

    cached.clock.now += 1
    assert await cached.knows("unknown", cached.server.keys[0].kid) == [False, True]
    assert cached.server.requests == ONE_FETCH * 2


async def test_a_withdrawn_key_expires_with_the_cache(cached: CachedIssuer) -> None:
    withdrawn = cached.server.keys[0].kid
    await cached.knows(withdrawn)
    cached.server.keys[:] = [new_key()]
    cached.clock.now += MAX_KEY_AGE - 1
    assert await cached.knows(withdrawn) == [True]

    cached.clock.now += 1
    assert await cached.knows(withdrawn) == [False]


async def test_concurrent_lookups_share_one_fetch(cached: CachedIssuer) -> None:
    cached.server.delay = 0.2
    kid = str(cached.server.keys[0].kid)

    found = await asyncio.gather(*(cached.issuer.key(kid) for _ in range(50)))

    assert {key is not None for key in found} == {True}
    assert cached.server.requests == ONE_FETCH


async def test_a_cancelled_lookup_does_not_cancel_the_shared_fetch(cached: CachedIssuer) -> None:
    cached.server.delay = 0.2
    kid = str(cached.server.keys[0].kid)
    leaving, staying = (asyncio.ensure_future(cached.issuer.key(kid)) for _ in range(2))
    await asyncio.sleep(0.05)
    leaving.cancel()

    assert await staying is not None
    assert cached.server.requests == ONE_FETCH


async def test_known_keys_stay_valid_while_the_issuer_is_down() -> None:
    clock = ManualClock()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        real = TestIssuer(port=int(listener.getsockname()[1]))
        cached = CachedIssuer(Issuer(real.address, clock=clock), real, clock)
        async with serve_issuer(real, listener.dup()):
            await cached.knows(real.keys[0].kid)
    clock.now += MAX_KEY_AGE * 10

    assert await cached.knows(real.keys[0].kid, "unknown") == [True, False]
    with socket.create_server(("127.0.0.1", real.port)) as listener:
        async with serve_issuer(real, listener):
            real.keys.append(new_key())
            assert await cached.knows(real.keys[0].kid, real.keys[1].kid) == [True, False]
            assert real.requests == ONE_FETCH
            clock.now += MIN_FETCH_INTERVAL
            assert await cached.knows(real.keys[0].kid, real.keys[1].kid) == [True, True]
    await cached.issuer.close()


async def test_only_strong_public_signing_keys_are_accepted(cached: CachedIssuer) -> None:
    usable = [new_key(kind) for kind in ("RSA", "P-256", "P-384", "P-521", "Ed25519")]
    nameless = {name: text for name, text in usable[0].as_dict(private=False).items() if name != "kid"}
    odd: list[Any] = [
        nameless,
        {"kty": "EC", "kid": "half", "crv": "P-256"},
        {"kty": ["EC"], "kid": "list"},
        1,
    ]
    odd += [{"kty": "EC", "kid": "curve", "crv": "P-1", "x": "AA", "y": "AA"}, {**nameless, "kid": 1}]
    odd += [{"kty": "EC", "kid": "off", "crv": "P-256", "x": "AAAA", "y": "AAAA"}, {**nameless, "kid": ""}]
    listed = [
        key.as_dict(private=isinstance(key, OctKey))
        for key in (WEAK_KEY, ENCRYPTION_KEY, SHARED_SECRET, RS256_KEY, *usable)
    ]
    cached.server.replacements["keys"] = JSONResponse({"keys": [*odd, *listed]})

    assert set(await cached.issuer.fetch_keys()) == {key.kid for key in (RS256_KEY, *usable)}


async def test_only_the_public_part_of_a_private_key_is_used(cached: CachedIssuer) -> None:
    [key] = cached.server.keys
    cached.server.replacements["keys"] = JSONResponse({"keys": [key.as_dict(private=True)]})

    [parsed] = (await cached.issuer.fetch_keys()).values()

    assert parsed.is_private is False


async def test_a_trailing_slash_of_the_issuer_is_dropped(cached: CachedIssuer) -> None:
    issuer = Issuer(cached.server.address + "/")
    cached.server.replacements["discovery"] = cached.server.discovery(issuer=cached.server.address + "/")

    assert len(await issuer.fetch_keys()) == 1
    await issuer.close()


REDIRECT = RedirectResponse("/keys")
FAULTS: dict[str, dict[str, Response]] = {
    "names the issuer 'https://example.com'": {"discovery": JSONResponse({"issuer": "https://example.com"})},
    "names the issuer 'None'": {"discovery": JSONResponse({"jwks_uri": "https://example.com"})},
    "is not JSON": {"discovery": PlainTextResponse("<html>")},
    "is not a JWKS document": {"keys": JSONResponse([])},
    "not a JWKS document": {"keys": JSONResponse({"keys": {}})},
    "status 404": {"keys": PlainTextResponse("{}", 404)},
    "status 500": {"discovery": PlainTextResponse("{}", 500)},
    "status 307": {"discovery": REDIRECT},
    "responds with status 307": {"keys": REDIRECT},
    "is larger than": {"keys": PlainTextResponse(" " * (MAX_DOCUMENT_BYTES + 1))},
    "deep": {"keys": PlainTextResponse("[" * 100_000)},
}


@pytest.mark.parametrize("says", FAULTS)
async def test_an_invalid_document_keeps_the_known_keys_and_logs_why(
    cached: CachedIssuer, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    kid = cached.server.keys[0].kid
    await cached.knows(kid)
    cached.server.replacements |= FAULTS[says]
    cached.clock.now += MAX_KEY_AGE

    assert await cached.knows(kid, "unknown") == [True, False]
    with pytest.raises(IssuerError) as fault:
        await cached.issuer.fetch_keys()
    assert (says if says != "deep" else "is not JSON") in str(fault.value)
    assert fault.value.remedy
    assert str(fault.value) in caplog.text


@pytest.mark.parametrize(
    "change", [lambda own: own[:-1], lambda own: own + "/", lambda own: own + "/more", str.upper]
)
async def test_a_document_of_another_issuer_is_refused(cached: CachedIssuer, change: Any) -> None:
    cached.server.replacements["discovery"] = cached.server.discovery(issuer=change(cached.server.address))

    with pytest.raises(IssuerError, match="names the issuer"):
        await cached.issuer.fetch_keys()


@pytest.mark.parametrize(
    "address", [None, 1, "", "keys", "http://example.com/keys", "file:///etc/passwd", "https://"]
)
async def test_keys_are_fetched_from_trusted_addresses_only(cached: CachedIssuer, address: Any) -> None:
    cached.server.replacements["discovery"] = cached.server.discovery(jwks_uri=address)

    with pytest.raises(IssuerError, match="no https address as its jwks_uri"):
        await cached.issuer.fetch_keys()
    assert cached.server.requests == ["discovery"]


async def test_an_issuer_that_never_answers_times_out(
    cached: CachedIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.auth.issuer.FETCH_TIMEOUT", 0.1)
    cached.server.delay = 1

    assert await cached.knows(cached.server.keys[0].kid) == [False]
