"""The issuer's documents over real HTTP: what is believed of them, how seldom they are fetched, and what a fault leaves."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc.jwk import OctKey
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from api.auth.issuer import MAX_DOCUMENT_BYTES, MAX_KEY_AGE, MIN_FETCH_INTERVAL, Issuer, IssuerError
from tests.support.tokens.forged import BOUND, SEALING, SHARED, WEAK
from tests.support.tokens.issuer import TestIssuer, answering, issuing, new_key

ONCE = ["discovery", "keys"]
"""What one fetch asks for."""


@dataclass
class Seconds:
    """A clock that a test winds on."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Known:
    """An issuer as Pursuit knows it, the issuer itself, and the clock."""

    issuer: Issuer
    real: TestIssuer
    clock: Seconds

    async def knows(self, *kids: str | None) -> list[bool]:
        """Which of these ids it has a key for, asked one after the other."""
        return [await self.issuer.key(str(kid)) is not None for kid in kids]


@pytest.fixture
async def known() -> AsyncIterator[Known]:
    clock = Seconds()
    async with issuing() as real:
        issuer = Issuer(real.address, clock=clock)
        yield Known(issuer, real, clock)
        await issuer.close()


async def test_keys_are_fetched_when_first_asked_for_and_kept(known: Known) -> None:
    [kid] = [key.kid for key in known.real.keys]
    assert known.real.fetched == []

    assert await known.knows(kid, kid) == [True, True]
    assert known.real.fetched == ONCE


async def test_a_new_key_is_found_when_a_token_names_it(known: Known) -> None:
    old, new = known.real.keys[0].kid, new_key()
    await known.knows(old)
    known.clock.now += MIN_FETCH_INTERVAL
    known.real.keys[:] = [new]

    assert await known.knows(new.kid, old) == [True, False]
    assert known.real.fetched == ONCE * 2


async def test_unknown_keys_are_looked_for_once_a_floor(known: Known) -> None:
    await known.knows(*(f"unknown {number}" for number in range(20)))
    known.clock.now += MIN_FETCH_INTERVAL - 1
    await known.knows(*(f"unknown {number}" for number in range(20)))
    assert known.real.fetched == ONCE

    known.clock.now += 1
    assert await known.knows("unknown", known.real.keys[0].kid) == [False, True]
    assert known.real.fetched == ONCE * 2


async def test_a_key_that_was_withdrawn_is_known_no_longer_than_the_keys_may_be_old(known: Known) -> None:
    withdrawn = known.real.keys[0].kid
    await known.knows(withdrawn)
    known.real.keys[:] = [new_key()]
    known.clock.now += MAX_KEY_AGE - 1
    assert await known.knows(withdrawn) == [True]

    known.clock.now += 1
    assert await known.knows(withdrawn) == [False]


async def test_those_who_ask_at_once_share_one_fetch(known: Known) -> None:
    known.real.pause = 0.2
    kid = str(known.real.keys[0].kid)

    found = await asyncio.gather(*(known.issuer.key(kid) for _ in range(50)))

    assert {key is not None for key in found} == {True}
    assert known.real.fetched == ONCE


async def test_who_leaves_while_keys_are_fetched_takes_them_from_nobody(known: Known) -> None:
    known.real.pause = 0.2
    kid = str(known.real.keys[0].kid)
    leaving, staying = (asyncio.ensure_future(known.issuer.key(kid)) for _ in range(2))
    await asyncio.sleep(0.05)
    leaving.cancel()

    assert await staying is not None
    assert known.real.fetched == ONCE


async def test_while_the_issuer_is_down_known_keys_go_on_and_it_is_asked_once_a_floor() -> None:
    clock = Seconds()
    with socket.create_server(("127.0.0.1", 0)) as door:
        real = TestIssuer(port=int(door.getsockname()[1]))
        known = Known(Issuer(real.address, clock=clock), real, clock)
        async with answering(real, door.dup()):
            await known.knows(real.keys[0].kid)
    clock.now += MAX_KEY_AGE * 10

    assert await known.knows(real.keys[0].kid, "unknown") == [True, False]
    with socket.create_server(("127.0.0.1", real.port)) as door:
        async with answering(real, door):
            real.keys.append(new_key())
            assert await known.knows(real.keys[0].kid, real.keys[1].kid) == [True, False]
            assert real.fetched == ONCE
            clock.now += MIN_FETCH_INTERVAL
            assert await known.knows(real.keys[0].kid, real.keys[1].kid) == [True, True]
    await known.issuer.close()


async def test_only_strong_public_keys_for_signatures_are_taken(known: Known) -> None:
    good = [new_key(kind) for kind in ("RSA", "P-256", "P-384", "P-521", "Ed25519")]
    nameless = {name: text for name, text in good[0].as_dict(private=False).items() if name != "kid"}
    odd: list[Any] = [nameless, {"kty": "EC", "kid": "half", "crv": "P-256"}, {"kty": ["EC"], "kid": "list"}, 1]
    odd += [{"kty": "EC", "kid": "curve", "crv": "P-1", "x": "AA", "y": "AA"}, {**nameless, "kid": 1}]
    odd += [{"kty": "EC", "kid": "off", "crv": "P-256", "x": "AAAA", "y": "AAAA"}, {**nameless, "kid": ""}]
    listed = [key.as_dict(private=isinstance(key, OctKey)) for key in (WEAK, SEALING, SHARED, BOUND, *good)]
    known.real.answers["keys"] = JSONResponse({"keys": [*odd, *listed]})

    assert set(await known.issuer.fetch_keys()) == {key.kid for key in (BOUND, *good)}


async def test_of_a_private_key_only_the_public_part_is_taken(known: Known) -> None:
    [key] = known.real.keys
    known.real.answers["keys"] = JSONResponse({"keys": [key.as_dict(private=True)]})

    [kept] = (await known.issuer.fetch_keys()).values()

    assert kept.is_private is False


async def test_an_address_that_ends_in_a_slash_is_asked_without_it(known: Known) -> None:
    issuer = Issuer(known.real.address + "/")
    known.real.answers["discovery"] = known.real.discovery(issuer=known.real.address + "/")

    assert len(await issuer.fetch_keys()) == 1
    await issuer.close()


REDIRECT = RedirectResponse("/keys")
FAULTS: dict[str, dict[str, Response]] = {
    "names the issuer 'https://example.com'": {"discovery": JSONResponse({"issuer": "https://example.com"})},
    "names the issuer 'None'": {"discovery": JSONResponse({"jwks_uri": "https://example.com"})},
    "is no JSON": {"discovery": PlainTextResponse("<html>")},
    "no JWKS document": {"keys": JSONResponse([])},
    "no JWKS": {"keys": JSONResponse({"keys": {}})},
    "status 404": {"keys": PlainTextResponse("{}", 404)},
    "status 500": {"discovery": PlainTextResponse("{}", 500)},
    "status 307": {"discovery": REDIRECT},
    "with the status 307": {"keys": REDIRECT},
    "is larger than": {"keys": PlainTextResponse(" " * (MAX_DOCUMENT_BYTES + 1))},
    "deep": {"keys": PlainTextResponse("[" * 100_000)},
}


@pytest.mark.parametrize("says", FAULTS)
async def test_a_document_that_is_not_right_leaves_the_known_keys_and_says_why(
    known: Known, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    kid = known.real.keys[0].kid
    await known.knows(kid)
    known.real.answers |= FAULTS[says]
    known.clock.now += MAX_KEY_AGE

    assert await known.knows(kid, "unknown") == [True, False]
    with pytest.raises(IssuerError) as fault:
        await known.issuer.fetch_keys()
    assert (says if says != "deep" else "is no JSON") in str(fault.value)
    assert fault.value.remedy
    assert str(fault.value) in caplog.text


@pytest.mark.parametrize("change", [lambda own: own[:-1], lambda own: own + "/", lambda own: own + "/more", str.upper])
async def test_a_document_of_an_issuer_of_another_name_is_not_believed(known: Known, change: Any) -> None:
    known.real.answers["discovery"] = known.real.discovery(issuer=change(known.real.address))

    with pytest.raises(IssuerError, match="names the issuer"):
        await known.issuer.fetch_keys()


@pytest.mark.parametrize("address", [None, 1, "", "keys", "http://example.com/keys", "file:///etc/passwd", "https://"])
async def test_keys_are_fetched_from_no_address_that_somebody_could_change(known: Known, address: Any) -> None:
    known.real.answers["discovery"] = known.real.discovery(jwks_uri=address)

    with pytest.raises(IssuerError, match="no https address of keys"):
        await known.issuer.fetch_keys()
    assert known.real.fetched == ["discovery"]


async def test_an_issuer_that_never_answers_is_given_up(known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.auth.issuer.FETCH_TIMEOUT", 0.1)
    known.real.pause = 1

    assert await known.knows(known.real.keys[0].kid) == [False]
